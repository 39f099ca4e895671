-- Appends to one room's log, in one step: dedupe, membership, next offset, what it does to the
-- message that it means, store, trim, move its author's read marker, publish.
-- Everything that may refuse is looked at before anything is written, but for a new epoch.
-- Several drafts are messages of one user; each is as it would be after those before it.
--
-- KEYS  1 head (epoch, top, messages, held)  2 entries  3 messages  4 others  5 amended  6 members
--       7 joined  8 records  9 record keys  10 the user's memberships, or head again
--       then for each draft its key, or head again
--       then log and about, as version 1 has them, while instances of that version may run
-- ARGV  1 append|join|leave  2 user  3 epoch if one is needed  4 '1' if everybody is a member
--       5 seconds for which a key counts  6 messages to keep, '' for all  7 other entries to keep
--       8 PUBLISH|SPUBLISH  9 channel  10 now, in s since 1970  11 epoch seen, or ''  12 top seen
--       13 how many drafts  14 how many records are changed
--       15 the room if the user has read what was stored, else ''
--       then for each draft its kind, body, target or '', digest ('' without a key)
--       then, with one draft, for each record its key, what it was and what it becomes, '' for
--       none, '@' for the offset of the entry
--       and of a change of the target  1 what that was (digest)  2 its new entry, '' for the
--       same  3 its new amendments, '' for none
--       4 offset of an edit that has lost its text, or ''  5 its entry
-- Gives for each draft {code, epoch, offset, is_new, messages}; code is 'ok' or an error code of the
-- protocol; 'behind' where version 1 has written what is to be converted first; 'changed' where the
-- target is not what it was; 'conflict' where a record is not.

local head_key, entries_key, messages_key, others_key, amended_key = unpack(KEYS, 1, 5)
local members_key, joined_key, records_key, record_keys_key, memberships_key = unpack(KEYS, 6, 10)
local act, user, fresh_epoch, is_open, dedupe_s, keep, keep_others = unpack(ARGV, 1, 7)
local publish, channel, now, seen_epoch, seen_top = unpack(ARGV, 8, 12)
local drafts, records, read_room = tonumber(ARGV[13]), tonumber(ARGV[14]), ARGV[15]
local FIRST_DRAFT_KEY, FIRST_DRAFT = 11, 16
local log_key, about_key = unpack(KEYS, FIRST_DRAFT_KEY + drafts, FIRST_DRAFT_KEY + drafts + 1)
local FIRST_RECORD = FIRST_DRAFT + 4 * drafts
local amendment = FIRST_RECORD + 3 * records
local was, target = ARGV[amendment], ARGV[FIRST_DRAFT + 2]

-- A room is trimmed when an offset is a multiple of STEP, and at most BATCH entries at a time.
local STEP, BATCH = 64, 1000

local function id_of(offset)
  return string.format('%.0f-0', offset)
end

-- Returns kind, body, target, digest, key.
local function draft(number)
  local at = FIRST_DRAFT + 4 * (number - 1)
  return ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], KEYS[FIRST_DRAFT_KEY + number - 1]
end

local answers = {}

local function refuse(code)
  for number = 1, drafts do
    answers[number] = answers[number] or {code, '', 0, 0, 0}
  end
  return answers
end

local head = redis.call('HMGET', head_key, 'epoch', 'top', 'messages', 'held')
local epoch, top, messages = head[1], tonumber(head[2] or 0), tonumber(head[3] or 0)
local is_made = false

local function write_head()
  redis.call('HSET', head_key, 'epoch', epoch, 'top', top, 'messages', messages,
    'held', string.format('%s %.0f', epoch, top))
end

local function clear()
  redis.call('UNLINK', entries_key, messages_key, others_key, amended_key, joined_key,
    unpack(KEYS, FIRST_DRAFT_KEY + drafts))
end

if not epoch then
  if act ~= 'join' and is_open ~= '1' then
    return refuse('no_such_room')
  end
  epoch, top, messages, is_made = fresh_epoch, 0, 0, true
elseif head[4] ~= string.format('%s %.0f', epoch, top) then
  return refuse('behind')
end
if epoch == seen_epoch and top < tonumber(seen_top) then
  -- Redis has lost entries that were seen. Not to grow past them in their own epoch: that would
  -- look as if nothing had happened.
  epoch = fresh_epoch
  write_head()
end

local left = drafts
for number = 1, drafts do
  local _, _, _, digest, key = draft(number)
  local earlier = digest ~= '' and redis.call('GET', key)
  if earlier then
    local offset, at, known = earlier:match('^(%d+) (%S+) (.*)$')
    offset = tonumber(offset)
    -- Past the top: it was acknowledged, and lost with what Redis lost. Then it is stored anew.
    if offset <= top and tonumber(now) - tonumber(at) < tonumber(dedupe_s) then
      local code = known == digest and 'ok' or 'key_conflict'
      answers[number] = {code, epoch, offset, 0, messages}
      left = left - 1
    end
  end
end
if left == 0 then
  return answers
end

local is_member = is_open == '1' or redis.call('SISMEMBER', members_key, user) == 1
if act == 'join' then
  if is_member then
    if is_made then  -- the lobby, which nobody has to join
      clear()
      write_head()
    end
    return {{'ok', epoch, top, 0, messages}}
  end
elseif not is_member then
  return refuse('not_member')
end
for at = FIRST_RECORD, amendment - 1, 3 do
  if (redis.call('HGET', records_key, ARGV[at]) or '') ~= ARGV[at + 1] then
    return refuse('conflict')
  end
end
if was then
  local is = (redis.call('HGET', entries_key, target) or '') .. '\n' ..
    (redis.call('HGET', amended_key, target) or '')
  if redis.sha1hex(is) ~= was then
    return refuse('changed')
  end
end

-- From here on it is written. Memory that is too full was refused before the script began
-- (it is called as one that may need memory), so it is all or nothing.
if is_made then  -- left over from a life whose head was lost
  clear()
end
local before = top
local entries, lines, keyed, stored = {}, {}, {}, {}
for number = 1, drafts do
  local kind, body, target, digest, key = draft(number)
  local twin = digest ~= '' and keyed[key]
  if twin then  -- two drafts with one key
    local code = twin.digest == digest and 'ok' or 'key_conflict'
    answers[number] = {code, epoch, twin.offset, 0, messages}
  elseif not answers[number] then
    top = top + 1
    if kind == 'message' then
      messages = messages + 1
    end
    -- First what alone can fail: an index that is ahead of the head takes no smaller id.
    redis.call('XADD', kind == 'message' and messages_key or others_key, id_of(top), 'n', messages)
    if digest ~= '' then
      keyed[key] = {offset = top, digest = digest}
    end
    stored[#stored + 1] = {number, top, messages}
    lines[#lines + 1] = kind .. ' ' .. body
    entries[#entries + 1] = string.format('%.0f', top)
    entries[#entries + 1] = lines[#lines]
    answers[number] = {'ok', epoch, top, 1, messages}
  end
end
redis.call('HSET', entries_key, unpack(entries))
write_head()  -- before what a user of Redis may have been denied: the next append must find it
-- A log of version 1's that is gone was let go of when no instance of that version ran any more.
local has_log = log_key and (before == 0 or redis.call('EXISTS', log_key) == 1)
for _, one in ipairs(stored) do
  local number, offset, count = unpack(one)
  local kind, body, target, digest, key = draft(number)
  if has_log then
    redis.call('XADD', log_key, id_of(offset), 'k', kind, 'n', count, 'b', body)
    if target ~= '' then
      redis.call('ZADD', about_key, target, offset)
    end
    if keep ~= '' and offset % STEP == 0 and offset > tonumber(keep) then
      local first = offset - tonumber(keep) + 1
      redis.call('XTRIM', log_key, 'MINID', id_of(first))
      redis.call('ZREMRANGEBYSCORE', about_key, '-inf', string.format('(%.0f', first))
    end
  end
  if digest ~= '' then
    redis.call('SET', key, string.format('%.0f %s %s', offset, now, digest), 'EX', dedupe_s)
  end
end
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
if math.floor(top / STEP) > math.floor(before / STEP) then
  local oldest = redis.call('XRANGE', messages_key, '-', '+', 'COUNT', 1)[1]
  if keep ~= '' and oldest and messages - n_of(oldest) >= tonumber(keep) then
    local excess = math.min(BATCH, messages - n_of(oldest) + 1 - tonumber(keep))
    local gone = offsets_of(redis.call('XRANGE', messages_key, '-', '+', 'COUNT', excess))
    redis.call('HDEL', entries_key, unpack(gone))
    redis.call('HDEL', amended_key, unpack(gone))
    local last = gone[#gone]
    -- Others that stand before the oldest message: nobody can read on from there.
    local passed = offsets_of(redis.call('XRANGE', others_key, '-', last .. '-0', 'COUNT', BATCH))
    while #passed > 0 do
      redis.call('HDEL', entries_key, unpack(passed))
      redis.call('XTRIM', others_key, 'MINID', id_of(passed[#passed] + 1))
      passed = offsets_of(redis.call('XRANGE', others_key, '-', last .. '-0', 'COUNT', BATCH))
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
if read_room ~= '' then  -- as mark.lua does; what is new is behind every marker
  redis.call('HSET', memberships_key, read_room, string.format('%.0f %.0f', top, messages))
end
-- The log is the truth, and a publication only a hint: who may not publish has stored it. Several
-- entries have a line each, which JSON has not itself. Versions up to 0.6 take them for the last one,
-- find that it does not follow what they have, and read the log.
local content = #lines == 1 and lines[1]:gsub(' ', '\n', 1) or '*\n' .. table.concat(lines, '\n')
redis.pcall(publish, channel, string.format('e %s %.0f ', epoch, top) .. content)
return answers
