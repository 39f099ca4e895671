-- Removes a room in which nobody ever said anything, that nobody is in and that nobody reads.
--
-- KEYS  1 head  2 members  3 present; then the others that it has
-- ARGV  1 NUMSUB|SHARDNUMSUB  2 the room's channel, which each instance with a reader hears
-- Gives 1 if there is no such room any more.

if tonumber(redis.call('HGET', KEYS[1], 'messages') or 0) > 0
  or redis.call('EXISTS', KEYS[2], KEYS[3]) > 0
  or redis.call('PUBSUB', ARGV[1], ARGV[2])[2] > 0 then
  return 0
end
redis.call('UNLINK', unpack(KEYS))
return 1
