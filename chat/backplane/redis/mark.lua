-- Moves a user's read marker in one room forward, never back; gives 1 if it moved.
--
-- KEYS  1 the user's memberships        ARGV  1 room  2 read offset  3 messages read by then

local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and tonumber(known:match('^(%d+)')) >= tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
