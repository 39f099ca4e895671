-- Takes entries that an instance of version 1 has stored into the keys of this version, if nobody
-- has done so meanwhile. What they do to messages is worked out already.
--
-- KEYS  1 head  2 entries  3 messages  4 others  5 amended
-- ARGV  1 held as it was, or ''  2 epoch as it was  3 '1' to begin anew  4 held from now on
--       5 how many entries follow; of each its offset, kind, number of messages, entry;
--       then of entries that change: offset, entry; then 'amended', then offset, amendments or ''
-- Gives 1 if it did.

local head = redis.call('HMGET', KEYS[1], 'epoch', 'held')
if head[1] ~= ARGV[2] or (head[2] or '') ~= ARGV[1] then
  return 0
end
if ARGV[3] == '1' then
  redis.call('UNLINK', unpack(KEYS, 2))
end
local at = 6
for _ = 1, tonumber(ARGV[5]) do
  local offset, kind, messages, entry = unpack(ARGV, at, at + 3)
  redis.call('HSET', KEYS[2], offset, entry)
  redis.call('XADD', kind == 'message' and KEYS[3] or KEYS[4], offset .. '-0', 'n', messages)
  at = at + 4
end
while ARGV[at] ~= 'amended' do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for index = at + 1, #ARGV, 2 do
  if ARGV[index + 1] == '' then
    redis.call('HDEL', KEYS[5], ARGV[index])
  else
    redis.call('HSET', KEYS[5], ARGV[index], ARGV[index + 1])
  end
end
redis.call('HSET', KEYS[1], 'held', ARGV[4])
return 1
