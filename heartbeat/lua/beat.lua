-- Judge what a player says it played.
-- KEYS[1..7] as in common.lua; KEYS[5] is the tally of the command's day.
-- ARGV[1] state.BeatCommand as MessagePack.
-- Reply: {'gone'}, {'resend', session packed} or {'ok', session packed}.

-- How late this beat is: its one-way delay above the least one seen.
local function lateness(s, at_ms, now)
  local offset = now - at_ms
  if s.at_ms == 0 or at_ms <= s.at_ms or offset < s.offset_ms then s.offset_ms = offset end
  s.at_ms = at_ms
  return min(offset - s.offset_ms, s.rules.max_silence_ms)
end

-- Clock, hidden, order, novelty, day cap, presence: one fate for each second played.
local function count(w, c, now)
  local s, lease = w.session, w.lease
  local rules = s.rules
  local silence = now - lease.last_ms
  local late = lateness(s, c.at_ms, now)
  s.gapped = silence > rules.max_silence_ms or (s.gapped and late > CARRY_MS)
  local allowance = floor(min(silence, rules.max_silence_ms) * rules.rate_permille / 1000) + lease.carry_ms
  local whole = floor(allowance / 1000)
  local budget = whole
  local holding = s.presence == 'challenged' or rules.holds_since_presence
  local credited_before = s.credited
  for _, segment in ipairs(c.segments) do
    local start, stop, hidden = segment[1], segment[2], segment[3]
    local within = min(stop, start + budget)
    withhold(s, s.gapped and 'gap' or 'too_fast', stop - within)
    budget = budget - (within - start)
    for second = start, within - 1 do
      if hidden then
        withhold(s, 'hidden', 1)
      elseif not rules.may_skip_ahead and second > s.frontier + SKIP_SLACK then
        withhold(s, 'skipped', 1)
      else
        s.frontier = max(s.frontier, second + 1)
        if has(w.coverage, second) or has(w.pending, second) then
          withhold(s, 'repeat', 1)
        elseif rules.day_cap >= 0 and w.day + s.pending >= rules.day_cap then
          withhold(s, 'day_cap', 1)
        elseif s.presence == 'idle' then
          withhold(s, 'idle', 1)
        elseif holding then
          add(w.pending, second)
          s.pending = s.pending + 1
        else
          credit(w, second)
        end
      end
    end
  end
  if s.credited > credited_before then note_day(s, c.day) end
  lease.last_ms = now
  lease.carry_ms = min(allowance - (whole - budget) * 1000, CARRY_MS + late)
end

local function end_session(w, now, entropy)
  local s = w.session
  if s.end_reason ~= 'ended' then
    s.end_reason, s.ended_ms = 'ended', now
    if w.lease and w.lease.session == s.id then w.lease.session = '' end
    if s.presence == 'playing' and s.pending > 0 then
      -- A strict programme holds seconds since the last proof: ask for one now, or finishing a lesson would lose them.
      ask(s, entropy, now + s.rules.answer_ms)
      s.presence = 'challenged'
    end
    if s.pending > 0 then redis.call('ZADD', KEYS[7], s.check_deadline_ms + 1, s.id) end
  end
  tell(s, 'ended', now)
end

local function in_window(s, now)
  for _, window in ipairs(s.rules.windows) do
    if window[1] <= now and now < window[2] then return true end
  end
  return false
end

local c = cmsgpack.unpack(ARGV[1])
local w = load_world()
local s, lease = w.session, w.lease
if not s then return { 'gone' } end
if c.acked > s.seq then return { 'resend', unchanged(w) } end
if c.seq <= s.seq then return { 'ok', unchanged(w) } end
local now = max(c.now_ms, s.last_ms, lease and lease.last_ms or 0)
local played = 0
for _, segment in ipairs(c.segments) do played = played + segment[2] - segment[1] end
s.reported = s.reported + played
s.seq = c.seq
s.last_ms = now
s.told_reason = ''
if s.end_reason == 'ended' then
  withhold(s, 'ended', played)
elseif not lease or lease.session ~= s.id then
  displace(w, now)
  withhold(s, 'displaced', played)
elseif not in_window(s, now) then
  withhold(s, 'closed', played)
  lease.last_ms, lease.carry_ms = now, min(lease.carry_ms, CARRY_MS)
  tell(s, 'closed', now)
else
  if s.end_reason == 'lapsed' then
    s.end_reason, s.ended_ms = '', 0
    redis.call('ZADD', KEYS[7], now + s.rules.max_silence_ms, s.id)
  end
  if check_expired(s, now) then miss(w) end
  count(w, c, now)
  if not c['end'] then ask_if_due(s, now, played, c.entropy) end
  tell(s, s.presence, now)
end
if #c.segments > 0 then s.position = c.segments[#c.segments][2] end
if c['end'] and s.end_reason ~= 'displaced' then end_session(w, now, c.entropy) end
return { 'ok', save(w) }
