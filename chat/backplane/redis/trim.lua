-- Removes some of a log's oldest entries: messages beyond the newest ones, and what is too old.
--
-- KEYS  1 head  2 entries  3 messages  4 others  5 amended
-- ARGV  1 messages to keep, '' for all  2 the time before which an entry is too old, '' for never
--       3 the most entries to look at
-- Gives 1 where there may be more to remove.

local head_key, entries_key, messages_key, others_key, amended_key = unpack(KEYS)
local keep, before, limit = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local total = tonumber(redis.call('HGET', head_key, 'messages') or 0)

local rows = {}
for _, index in ipairs({messages_key, others_key}) do
  for _, row in ipairs(redis.call('XRANGE', index, '-', '+', 'COUNT', limit)) do
    rows[#rows + 1] = {
      offset = tonumber(row[1]:match('^%d+')), n = tonumber(row[2][2]),
      is_message = index == messages_key,
    }
  end
end
table.sort(rows, function(a, b) return a.offset < b.offset end)
while #rows > limit do
  table.remove(rows)
end
if #rows == 0 then
  return 0
end
local offsets = {}
for at, row in ipairs(rows) do
  offsets[at] = string.format('%.0f', row.offset)
end
local entries = before ~= '' and redis.call('HMGET', entries_key, unpack(offsets)) or {}

local last = 0
for at, row in ipairs(rows) do
  local time = entries[at] and entries[at]:match('"time":"([^"]+)"')
  if (keep and row.is_message and row.n <= total - keep) or (time and time < before) then
    last = at
  end
end
if last == 0 then
  return 0
end
local gone = {unpack(offsets, 1, last)}
redis.call('HDEL', entries_key, unpack(gone))
redis.call('HDEL', amended_key, unpack(gone))
local first_kept = string.format('%.0f-0', rows[last].offset + 1)
redis.call('XTRIM', messages_key, 'MINID', first_kept)
redis.call('XTRIM', others_key, 'MINID', first_kept)
return last == #rows and 1 or 0
