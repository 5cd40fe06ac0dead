-- Take the answer to a presence check. An answer to a check that is not open changes nothing.
-- KEYS[1..7] as in common.lua; KEYS[5] is the tally of the command's day.
-- ARGV[1] state.PresenceCommand as MessagePack.
-- Reply: {'gone'} or {'ok', session packed}.

-- Credit what waited for the check that was answered; it counts on the day of the answer.
local function release(w, day)
  local s = w.session
  local repeated, capped, credited = 0, 0, 0
  local room = s[S.rules][R.day_cap] < 0 and s[S.pending] or s[S.rules][R.day_cap] - w.day
  for second = 0, #w.pending.raw * 8 - 1 do
    if has(w.pending, second) then
      if has(w.coverage, second) then
        repeated = repeated + 1
      elseif credited >= room then
        capped = capped + 1
      else
        add(w.coverage, second)
        credited = credited + 1
      end
    end
  end
  if credited > 0 then
    credit(w, credited)
    note_day(s, day)
  end
  withhold(s, S.repeat, 'repeat', repeated)
  withhold(s, S.day_cap, 'day_cap', capped)
  s[S.pending] = 0
  w.pending, w.pending_gone = bits_of(''), true
end

local c = cmsgpack.unpack(ARGV[1])
local w = load_world()
local s, lease = w.session, w.lease
if not s then return { 'gone' } end
local now = max(c[P.now_ms], s[S.last_ms])
if s[S.end_reason] ~= 'ended' and (not lease or lease[L.session] ~= s[S.id]) then
  if s[S.end_reason] == 'displaced' then return { 'ok', unchanged(w) } end
  displace(w, now)
  return { 'ok', save(w) }
end
if s[S.check_id] == '' or s[S.check_id] ~= c[P.check_id] then return { 'ok', unchanged(w) } end
s[S.told_reason] = ''
if check_expired(s, now) then
  miss(w)
  s[S.told_reason] = 'late_answer'
elseif s[S.rules][R.kind] == 'digits' and c[P.answer] ~= s[S.check_answer] then
  s[S.check_tries] = s[S.check_tries] + 1
  s[S.told_reason] = 'wrong_answer'
  if s[S.check_tries] >= MAX_TRIES then miss(w) end
else
  s[S.checks_answered] = s[S.checks_answered] + 1
  s[S.presence] = 'playing'
  close_check(s)
  s[S.next_check_ms] = now + until_next_check(s[S.rules], c[P.entropy])
  if lease then lease[L.check_ms] = s[S.next_check_ms] end
  release(w, c[P.day])
end
if s[S.end_reason] ~= 'ended' then ask_if_due(s, now, 0, c[P.entropy]) end
tell(s, s[S.end_reason] == 'ended' and 'ended' or s[S.presence], now)
return { 'ok', save(w) }
