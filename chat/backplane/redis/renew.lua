-- Gives a room's log a new life where the old one has lost entries: Redis was flushed, or holds
-- an older state than we have seen. Whoever sees it first renews it; the others find it renewed.
--
-- A room that was removed is not missing: it stays away.
--
-- KEYS  1 head  2 removed  3 entries  4 messages  5 others  6 amended
--       7 log and 8 about, as version 1 has them
-- ARGV  1 epoch seen  2 top seen  3 fresh epoch  4 '1' where other entries took the place of those
-- Gives {epoch, top}; {'', 0} for a room that was removed.

local head = redis.call('HMGET', KEYS[1], 'epoch', 'top', 'held')
local epoch, top = head[1], tonumber(head[2] or 0)
if not epoch then
  if redis.call('EXISTS', KEYS[2]) == 1 then
    return {'', 0}
  end
  redis.call('UNLINK', unpack(KEYS, 3))
  redis.call('HSET', KEYS[1], 'epoch', ARGV[3], 'top', 0, 'messages', 0, 'held', ARGV[3] .. ' 0')
  return {ARGV[3], 0}
end
if epoch == ARGV[1] and (top < tonumber(ARGV[2]) or ARGV[4] == '1') then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[3])
  if head[3] == string.format('%s %.0f', epoch, top) then
    redis.call('HSET', KEYS[1], 'held', string.format('%s %.0f', ARGV[3], top))
  end
  return {ARGV[3], top}
end
return {epoch, top}
