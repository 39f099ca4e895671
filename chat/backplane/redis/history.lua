-- Reads a page of messages as they stand, and nothing else.
--
-- KEYS  1 head  2 entries  3 messages  4 amended
-- ARGV  1 XRANGE|XREVRANGE  2 from  3 to  4 limit  5 limit in bytes
-- Gives {epoch, top, held, is_more, {offset, entry, amendments or '', …}}; epoch is '' where there
-- is no room.

local head = redis.call('HMGET', KEYS[1], 'epoch', 'top', 'held')
local limit, left_bytes = tonumber(ARGV[4]), tonumber(ARGV[5])
local rows = redis.call(ARGV[1], KEYS[3], ARGV[2], ARGV[3], 'COUNT', limit + 1)
local found, is_more = {}, 0
for at, row in ipairs(rows) do
  if at > limit or left_bytes <= 0 then
    is_more = 1
    break
  end
  local offset = row[1]:match('^%d+')
  local entry = redis.call('HGET', KEYS[2], offset) or ''
  local amendments = redis.call('HGET', KEYS[4], offset) or ''
  left_bytes = left_bytes - #entry - #amendments
  for _, value in ipairs({offset, entry, amendments}) do
    found[#found + 1] = value
  end
end
return {head[1] or '', head[2] or 0, head[3] or '', is_more, found}
