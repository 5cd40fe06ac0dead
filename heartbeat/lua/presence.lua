-- Take the answer to a presence check. An answer to a check that is not open changes nothing.
-- KEYS[1..7] as in common.lua; KEYS[5] is the tally of the command's day.
-- ARGV[1] state.PresenceCommand as MessagePack.
-- Reply: {'gone'} or {'ok', session packed}.

-- Credit what waited for the check that was answered; it counts on the day of the answer.
local function release(w, day)
  local s = w.session
  local before = s.credited
  for second = 0, #w.pending.raw * 8 - 1 do
    if has(w.pending, second) then
      if has(w.coverage, second) then
        withhold(s, 'repeat', 1)
      elseif s.rules.day_cap >= 0 and w.day >= s.rules.day_cap then
        withhold(s, 'day_cap', 1)
      else
        credit(w, second)
      end
    end
  end
  s.pending = 0
  w.pending, w.pending_gone = bits_of(''), true
  if s.credited > before then note_day(s, day) end
end

local c = cmsgpack.unpack(ARGV[1])
local w = load_world()
local s, lease = w.session, w.lease
if not s then return { 'gone' } end
local now = max(c.now_ms, s.last_ms)
if s.end_reason ~= 'ended' and (not lease or lease.session ~= s.id) then
  if s.end_reason == 'displaced' then return { 'ok', unchanged(w) } end
  displace(w, now)
  return { 'ok', save(w) }
end
if s.check_id == '' or s.check_id ~= c.check_id then return { 'ok', unchanged(w) } end
s.told_reason = ''
if check_expired(s, now) then
  miss(w)
  s.told_reason = 'late_answer'
elseif s.rules.kind == 'digits' and c.answer ~= s.check_answer then
  s.check_tries = s.check_tries + 1
  s.told_reason = 'wrong_answer'
  if s.check_tries >= MAX_TRIES then miss(w) end
else
  s.checks_answered = s.checks_answered + 1
  s.presence = 'playing'
  close_check(s)
  s.next_check_ms = now + until_next_check(s.rules, c.entropy)
  release(w, c.day)
end
if s.end_reason ~= 'ended' then ask_if_due(s, now, 0, c.entropy) end
tell(s, s.end_reason == 'ended' and 'ended' or s.presence, now)
return { 'ok', save(w) }
