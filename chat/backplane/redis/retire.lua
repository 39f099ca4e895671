-- Lets go of a room's log as version 1 has it, if all of it was converted.
--
-- KEYS  1 head  2 log  3 about        Gives 1 if it is gone.

local head = redis.call('HMGET', KEYS[1], 'epoch', 'top', 'held')
if head[1] and head[3] ~= head[1] .. ' ' .. head[2] then
  return 0
end
redis.call('UNLINK', KEYS[2], KEYS[3])
return 1
