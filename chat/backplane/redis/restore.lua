-- Puts a room that was made ready beside it in its place, in one step and in a new epoch.
--
-- KEYS  1 head  2 log and 3 about, as version 1 has them, which go; then a key and the key that was
--       made ready to take its place, and so on
-- ARGV  1 fresh epoch  2 top  3 messages  4 "new" if there may be no such room yet
--
-- Returns 0 if there is one although there may not; what was made ready is then removed.

if ARGV[4] == 'new' and redis.call('EXISTS', KEYS[1]) == 1 then
  for at = 4, #KEYS, 2 do
    redis.call('UNLINK', KEYS[at + 1])
  end
  return 0
end
redis.call('UNLINK', KEYS[2], KEYS[3])
for at = 4, #KEYS, 2 do
  redis.call('UNLINK', KEYS[at])
  if redis.call('EXISTS', KEYS[at + 1]) == 1 then
    redis.call('RENAME', KEYS[at + 1], KEYS[at])
  end
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'top', ARGV[2], 'messages', ARGV[3],
  'held', ARGV[1] .. ' ' .. ARGV[2])
return 1
