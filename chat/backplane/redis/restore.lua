-- Puts a room that was made ready beside it in its place, in one step and in a new epoch.
--
-- KEYS  1 head  2 log  3 log made ready  4 about  5 about made ready
-- ARGV  1 fresh epoch  2 top  3 messages

for at = 2, 4, 2 do
  redis.call('UNLINK', KEYS[at])
  if redis.call('EXISTS', KEYS[at + 1]) == 1 then
    redis.call('RENAME', KEYS[at + 1], KEYS[at])
  end
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'top', ARGV[2], 'messages', ARGV[3])
