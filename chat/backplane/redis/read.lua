-- Reads a room's log on, to a gap or to the entry that fills the page.
--
-- KEYS  1 head  2 entries        ARGV  1 epoch  2 offset to begin behind  3 limit  4 limit in bytes
--                                      5 offset of one more entry, or ''
-- Gives {epoch, top, held, entries, the one more or nil}; no entries where the position is not one
-- of this log.

-- What is fetched beyond a page that is full: as many of the longest are some hundred KB.
local BATCH = 32

local head = redis.call('HMGET', KEYS[1], 'epoch', 'top', 'held')
local epoch, top, held = head[1] or '', tonumber(head[2] or 0), head[3] or ''
local since, left, left_bytes = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local found, compared = {}, ARGV[5] ~= '' and redis.call('HGET', KEYS[2], ARGV[5])
if epoch ~= ARGV[1] then
  return {epoch, top, held, found, compared}
end
local last = math.min(top, since + left)
for first = since + 1, last, BATCH do
  local offsets = {}
  for offset = first, math.min(last, first + BATCH - 1) do
    offsets[#offsets + 1] = string.format('%.0f', offset)
  end
  for _, entry in ipairs(redis.call('HMGET', KEYS[2], unpack(offsets))) do
    if not entry or left_bytes <= 0 then
      return {epoch, top, held, found, compared}
    end
    found[#found + 1] = entry
    left_bytes = left_bytes - (#entry - entry:find(' ', 1, true))
  end
end
return {epoch, top, held, found, compared}
