-- Appends to one room's log, in one step: dedupe, membership, next offset, what it does to the
-- message that it means, store, trim, publish.
-- Everything that may refuse is looked at before anything is written, but for a new epoch.
--
-- KEYS  1 head (epoch, top, messages, held)  2 entries  3 messages  4 others  5 amended  6 members
--       7 key of the draft, or head again  8 joined  9 records  10 record keys
--       11 log and 12 about, as version 1 has them, while instances of that version may run
-- ARGV  1 append|join|leave  2 user  3 kind  4 body  5 target or ''  6 digest, '' without a key
--       7 seconds for which a key counts  8 messages to keep, '' for all  9 other entries to keep
--       10 epoch if one is needed  11 '1' if everybody is a member  12 PUBLISH|SPUBLISH  13 channel
--       14 now, in s since 1970  15 epoch seen, or ''  16 top seen
--       17 how many records it changes; for each its key, what it was and what it becomes, '' for
--       none, '@' for the offset of the entry
--       and of a change of the target  1 what that was (digest)  2 its new entry, '' for the
--       same  3 its new amendments, '' for none
--       4 offset of an edit that has lost its text, or ''  5 its entry
-- Gives {code, epoch, offset, is_new, messages}; code is 'ok' or an error code of the protocol;
-- 'behind' where version 1 has written what is to be converted first; 'changed' where the target
-- is not what it was; 'conflict' where a record is not.

local head_key, entries_key, messages_key, others_key, amended_key = unpack(KEYS, 1, 5)
local members_key, draft_key, joined_key, records_key, record_keys_key = unpack(KEYS, 6, 10)
local log_key, about_key = unpack(KEYS, 11, 12)
local act, user, kind, body, target, digest = unpack(ARGV, 1, 6)
local dedupe_s, keep, keep_others, fresh_epoch, is_open, publish, channel, now = unpack(ARGV, 7, 14)
local seen_epoch, seen_top = ARGV[15], tonumber(ARGV[16])
local FIRST_RECORD = 18
local amendment = FIRST_RECORD + 3 * tonumber(ARGV[17])
local was = ARGV[amendment]

-- A room is trimmed when an offset is a multiple of STEP, and at most BATCH entries at a time.
local STEP, BATCH = 64, 1000

local function id_of(offset)
  return string.format('%.0f-0', offset)
end

local head = redis.call('HMGET', head_key, 'epoch', 'top', 'messages', 'held')
local epoch, top, messages = head[1], tonumber(head[2] or 0), tonumber(head[3] or 0)
local is_made = false

local function write_head()
  redis.call('HSET', head_key, 'epoch', epoch, 'top', top, 'messages', messages,
    'held', string.format('%s %.0f', epoch, top))
end

local function clear()
  redis.call('UNLINK', entries_key, messages_key, others_key, amended_key, joined_key, unpack(KEYS, 11))
end

if not epoch then
  if act ~= 'join' and is_open ~= '1' then
    return {'no_such_room', '', 0, 0, 0}
  end
  epoch, top, messages, is_made = fresh_epoch, 0, 0, true
elseif head[4] ~= string.format('%s %.0f', epoch, top) then
  return {'behind', '', 0, 0, 0}
end
if epoch == seen_epoch and top < seen_top then
  -- Redis has lost entries that were seen. Not to grow past them in their own epoch: that would
  -- look as if nothing had happened.
  epoch = fresh_epoch
  write_head()
end

if digest ~= '' then
  local earlier = redis.call('GET', draft_key)
  if earlier then
    local offset, at, known = earlier:match('^(%d+) (%S+) (.*)$')
    offset = tonumber(offset)
    -- Past the top: it was acknowledged, and lost with what Redis lost. Then it is stored anew.
    if offset <= top and tonumber(now) - tonumber(at) < tonumber(dedupe_s) then
      local code = known == digest and 'ok' or 'key_conflict'
      return {code, epoch, offset, 0, messages}
    end
  end
end

local is_member = is_open == '1' or redis.call('SISMEMBER', members_key, user) == 1
if act == 'join' then
  if is_member then
    if is_made then  -- the lobby, which nobody has to join
      clear()
      write_head()
    end
    return {'ok', epoch, top, 0, messages}
  end
elseif not is_member then
  return {'not_member', '', 0, 0, 0}
end
for at = FIRST_RECORD, amendment - 1, 3 do
  if (redis.call('HGET', records_key, ARGV[at]) or '') ~= ARGV[at + 1] then
    return {'conflict', '', 0, 0, 0}
  end
end
if was then
  local is = (redis.call('HGET', entries_key, target) or '') .. '\n' ..
    (redis.call('HGET', amended_key, target) or '')
  if redis.sha1hex(is) ~= was then
    return {'changed', '', 0, 0, 0}
  end
end

-- From here on it is written. Memory that is too full was refused before the script began
-- (it is called as one that may need memory), so it is all or nothing.
if is_made then  -- left over from a life whose head was lost
  clear()
end
top = top + 1
if kind == 'message' then
  messages = messages + 1
end
-- First what alone can fail: an index that is ahead of the head takes no smaller id.
redis.call('XADD', kind == 'message' and messages_key or others_key, id_of(top), 'n', messages)
redis.call('HSET', entries_key, top, kind .. ' ' .. body)
write_head()
if was then
  local entry, amendments, edit, superseded = unpack(ARGV, amendment + 1, amendment + 4)
  if entry ~= '' then
    redis.call('HSET', entries_key, target, entry)
  end
  if amendments == '' then
    redis.call('HDEL', amended_key, target)
  else  -- its newest edit may be this very one, whose offset nobody knew before
    redis.call('HSET', amended_key, target, (amendments:gsub('^%-1 ', string.format('%.0f ', top))))
  end
  if edit ~= '' and redis.call('HEXISTS', entries_key, edit) == 1 then
    redis.call('HSET', entries_key, edit, superseded)
  end
end
-- A log of version 1's that is gone was let go of when no instance of that version ran any more.
if log_key and (top == 1 or redis.call('EXISTS', log_key) == 1) then
  redis.call('XADD', log_key, id_of(top), 'k', kind, 'n', messages, 'b', body)
  if target ~= '' then
    redis.call('ZADD', about_key, target, top)
  end
  if keep ~= '' and top % STEP == 0 and top > tonumber(keep) then
    local first = top - tonumber(keep) + 1
    redis.call('XTRIM', log_key, 'MINID', id_of(first))
    redis.call('ZREMRANGEBYSCORE', about_key, '-inf', string.format('(%.0f', first))
  end
end
if digest ~= '' then
  redis.call('SET', draft_key, string.format('%.0f %s %s', top, now, digest), 'EX', dedupe_s)
end
if act == 'join' then
  redis.call('SADD', members_key, user)
  redis.call('HSET', joined_key, user, top)
elseif act == 'leave' then
  redis.call('SREM', members_key, user)
  redis.call('HDEL', joined_key, user)
end
for at = FIRST_RECORD, amendment - 1, 3 do
  local key, new = ARGV[at], ARGV[at + 2]
  if new == '' then
    redis.call('HDEL', records_key, key)
    redis.call('ZREM', record_keys_key, key)
  else
    if new == '@' then  -- the offset of this entry, which nobody knew before
      new = string.format('%.0f', top)
    end
    redis.call('HSET', records_key, key, new)
    redis.call('ZADD', record_keys_key, 0, key)
  end
end

local function n_of(row)
  return tonumber(row[2][2])
end

local function offsets_of(rows)
  local offsets = {}
  for at, row in ipairs(rows) do
    offsets[at] = row[1]:match('^%d+')
  end
  return offsets
end

-- Messages and other entries are counted apart, so that these never displace those. An index has
-- with each entry how many messages there were, so its offset without these is how many others.
if top % STEP == 0 then
  local oldest = redis.call('XRANGE', messages_key, '-', '+', 'COUNT', 1)[1]
  if keep ~= '' and oldest and messages - n_of(oldest) >= tonumber(keep) then
    local excess = math.min(BATCH, messages - n_of(oldest) + 1 - tonumber(keep))
    local gone = offsets_of(redis.call('XRANGE', messages_key, '-', '+', 'COUNT', excess))
    redis.call('HDEL', entries_key, unpack(gone))
    redis.call('HDEL', amended_key, unpack(gone))
    local last = gone[#gone]
    -- Others that stand before the oldest message: nobody can read on from there.
    local before = offsets_of(redis.call('XRANGE', others_key, '-', last .. '-0', 'COUNT', BATCH))
    while #before > 0 do
      redis.call('HDEL', entries_key, unpack(before))
      redis.call('XTRIM', others_key, 'MINID', id_of(before[#before] + 1))
      before = offsets_of(redis.call('XRANGE', others_key, '-', last .. '-0', 'COUNT', BATCH))
    end
    redis.call('XTRIM', messages_key, 'MINID', id_of(last + 1))
  end
  oldest = redis.call('XRANGE', others_key, '-', '+', 'COUNT', 1)[1]
  if oldest then
    local counted = tonumber(oldest[1]:match('^%d+')) - n_of(oldest)
    local excess = math.min(BATCH, top - messages - counted + 1 - tonumber(keep_others))
    if excess > 0 then
      local gone = offsets_of(redis.call('XRANGE', others_key, '-', '+', 'COUNT', excess))
      redis.call('HDEL', entries_key, unpack(gone))
      redis.call('XTRIM', others_key, 'MINID', id_of(gone[#gone] + 1))
    end
  end
end
-- The log is the truth, and a publication only a hint: who may not publish has stored it.
redis.pcall(publish, channel, string.format('e %s %.0f %s\n%s', epoch, top, kind, body))
return {'ok', epoch, top, 1, messages}
