-- Settle a session that went silent, was displaced, or ended with a check left open: what is pending becomes idle.
-- KEYS[1..7] as in common.lua. ARGV[1] session id, ARGV[2] now, ms.
-- Reply: 1 when the session changed, else 0.
local id, now = ARGV[1], tonumber(ARGV[2])
local w = load_world()
local s, lease = w.session, w.lease
if not s then
  redis.call('ZREM', KEYS[7], id)
  return 0
end
local due, changed = 0, false
if s[S.end_reason] == 'ended' then
  if s[S.pending] > 0 then due = s[S.check_deadline_ms] end
elseif s[S.end_reason] == '' and (not lease or lease[L.session] ~= id) then
  local taken = lease and lease[L.session] ~= '' and lease[L.since_ms] or now
  displace(w, max(taken, s[S.last_ms]))
  changed = true
elseif s[S.end_reason] == '' then
  due = s[S.last_ms] + s[S.rules][R.max_silence_ms]
end
if due > 0 and now <= due then
  redis.call('ZADD', KEYS[7], due + 1, id)
  return 0
end
if due > 0 then
  if s[S.end_reason] == '' then s[S.end_reason], s[S.ended_ms] = 'lapsed', s[S.last_ms] end
  if s[S.presence] == 'challenged' then miss(w) end
  drop_pending(w)
  changed = true
end
redis.call('ZREM', KEYS[7], id)
if not changed then return 0 end
save(w)
return 1
