-- Appends to one room's log, in one step: dedupe, membership, next offset, store, trim, publish.
-- Everything that may refuse is looked at before anything is written, but for a new epoch.
--
-- KEYS  1 head (epoch, top, messages)  2 log  3 members  4 about  5 key of the draft, or head again
-- ARGV  1 append|join|leave  2 user  3 kind  4 body  5 target or ''  6 digest, '' without a key
--       7 seconds for which a key counts  8 entries to keep, '' for all  9 epoch if one is needed
--       10 '1' if everybody is a member  11 PUBLISH|SPUBLISH  12 channel  13 now, in s since 1970
--       14 epoch seen, or ''  15 top seen
-- Gives {code, epoch, offset, is_new, messages}; code is 'ok' or an error code of the protocol.

local head_key, log_key, members_key, about_key, draft_key = unpack(KEYS)
local act, user, kind, body, target, digest = unpack(ARGV, 1, 6)
local dedupe_s, keep, fresh_epoch, is_open, publish, channel, now = unpack(ARGV, 7, 13)
local seen_epoch, seen_top = ARGV[14], tonumber(ARGV[15])

local head = redis.call('HMGET', head_key, 'epoch', 'top', 'messages')
local epoch, top, messages = head[1], tonumber(head[2] or 0), tonumber(head[3] or 0)
local is_made = false
if not epoch then
  if act ~= 'join' and is_open ~= '1' then
    return {'no_such_room', '', 0, 0, 0}
  end
  epoch, top, messages, is_made = fresh_epoch, 0, 0, true
end
if epoch == seen_epoch and top < seen_top then
  -- Redis has lost entries that were seen. Not to grow past them in their own epoch: that would
  -- look as if nothing had happened.
  epoch = fresh_epoch
  redis.call('HSET', head_key, 'epoch', epoch)
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
      redis.call('UNLINK', log_key, about_key)
      redis.call('HSET', head_key, 'epoch', epoch, 'top', top, 'messages', messages)
    end
    return {'ok', epoch, top, 0, messages}
  end
elseif not is_member then
  return {'not_member', '', 0, 0, 0}
end

-- From here on it is written. Memory that is too full was refused before the script began
-- (it is called as one that may need memory), so it is all or nothing.
if is_made then
  redis.call('UNLINK', log_key, about_key)  -- left over from a life whose head was lost
end
local offset = top + 1
if kind == 'message' then
  messages = messages + 1
end
redis.call('XADD', log_key, string.format('%.0f-0', offset),
  'k', kind, 'n', messages, 'b', body)
redis.call('HSET', head_key, 'epoch', epoch, 'top', offset, 'messages', messages)
if target ~= '' then
  redis.call('ZADD', about_key, target, offset)
end
if digest ~= '' then
  redis.call('SET', draft_key, string.format('%.0f %s %s', offset, now, digest), 'EX', dedupe_s)
end
if act == 'join' then
  redis.call('SADD', members_key, user)
elseif act == 'leave' then
  redis.call('SREM', members_key, user)
end
if keep ~= '' and offset % 64 == 0 and offset > tonumber(keep) then
  local first = offset - tonumber(keep) + 1
  redis.call('XTRIM', log_key, 'MINID', string.format('%.0f-0', first))
  redis.call('ZREMRANGEBYSCORE', about_key, '-inf', string.format('(%.0f', first))
end
-- The log is the truth, and a publication only a hint: who may not publish has stored it.
redis.pcall(publish, channel, string.format('e %s %.0f %s\n%s', epoch, offset, kind, body))
return {'ok', epoch, offset, 1, messages}
