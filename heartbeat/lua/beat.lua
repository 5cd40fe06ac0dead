-- Judge what a player says it played.
-- KEYS[1..7] as in common.lua; KEYS[5] is the tally of the command's day.
-- ARGV[1] state.BeatCommand as MessagePack.
-- Reply: {'gone'}, {'resend', session packed} or {'ok', session packed}.

-- How late this beat is: its one-way delay above the least one seen.
local function lateness(s, at_ms, now)
  local offset = now - at_ms
  if s[S.at_ms] == 0 or at_ms <= s[S.at_ms] or offset < s[S.offset_ms] then s[S.offset_ms] = offset end
  s[S.at_ms] = at_ms
  return min(offset - s[S.offset_ms], s[S.rules][R.max_silence_ms])
end

-- How many bits of a byte are set.
local function ones(byte)
  byte = byte - band(rshift(byte, 1), 0x55)
  byte = band(byte, 0x33) + band(rshift(byte, 2), 0x33)
  return band(byte + rshift(byte, 4), 0x0f)
end

-- The first `count` of a byte's set bits.
local function first_of(byte, count)
  local found = 0
  for bit_number = 7, 0, -1 do
    if count == 0 then break end
    local one = band(byte, lshift(1, bit_number))
    if one ~= 0 then found, count = bor(found, one), count - 1 end
  end
  return found
end

-- Clock, hidden, order, novelty, day cap, presence: one fate for each second played, eight seconds at a time.
local function count(w, c, now)
  local s, lease, coverage, pending = w.session, w.lease, w.coverage, w.pending
  local rules = s[S.rules]
  local silence = now - lease[L.last_ms]
  local late = lateness(s, c[B.at_ms], now)
  s[S.gapped] = silence > rules[R.max_silence_ms] or (s[S.gapped] and late > CARRY_MS)
  local longest = floor(rules[R.max_silence_ms] * rules[R.rate_permille] / 1000)
  local allowance = min(floor(silence * rules[R.rate_permille] / 1000), longest) + lease[L.carry_ms]
  allowance = min(allowance, longest + CARRY_MS)
  local whole = floor(allowance / 1000)
  local budget = whole
  local idle_now = s[S.presence] == 'idle'
  local target = (s[S.presence] == 'challenged' or rules[R.holds_since_presence]) and pending or coverage
  local room = rules[R.day_cap] < 0 and huge or rules[R.day_cap] - w.day - s[S.pending]
  local beyond, hidden, skipped, repeated, capped, idle, taken = 0, 0, 0, 0, 0, 0, 0
  for _, segment in ipairs(c[B.segments]) do
    local start, stop = segment[1], segment[2]
    local within = min(stop, start + budget)
    beyond = beyond + stop - within
    budget = budget - (within - start)
    if segment[3] then
      hidden = hidden + within - start
    elseif not rules[R.may_skip_ahead] and start > s[S.frontier] + SKIP_SLACK then
      skipped = skipped + within - start
    elseif within > start then
      s[S.frontier] = max(s[S.frontier], within)
      local first, last = rshift(start, 3), rshift(within - 1, 3)
      for index = first, last do
        local asked = 0xff
        if index == first then asked = rshift(0xff, band(start, 7)) end
        if index == last then asked = band(asked, lshift(0xff, 7 - band(within - 1, 7))) end
        local known = bor(byte_at(coverage, index), byte_at(pending, index))
        local new = band(asked, bnot(known))
        local number = ones(new)
        repeated = repeated + ones(band(asked, known))
        if number == 0 then -- nothing new here
        elseif room <= 0 then
          capped = capped + number
        elseif idle_now then
          idle = idle + number
        else
          if number > room then
            capped = capped + number - room
            new, number = first_of(new, room), room
          end
          set(target, index, new)
          taken, room = taken + number, room - number
        end
      end
    end
  end
  if s[S.pending] == 0 then s[S.waits_from] = target == pending and taken > 0 and s[S.seq] or 0 end
  if target == pending then
    s[S.pending] = s[S.pending] + taken
  elseif taken > 0 then
    credit(w, taken)
    note_day(s, c[B.day])
  end
  withhold(s, S.repeat, 'repeat', repeated)
  withhold(s, S.hidden, 'hidden', hidden)
  withhold(s, S.skipped, 'skipped', skipped)
  withhold(s, S.day_cap, 'day_cap', capped)
  withhold(s, S.idle, 'idle', idle)
  if s[S.gapped] then withhold(s, S.gap, 'gap', beyond) else withhold(s, S.too_fast, 'too_fast', beyond) end
  lease[L.last_ms] = now
  lease[L.carry_ms] = min(allowance - (whole - budget) * 1000, CARRY_MS + late)
end

local function end_session(w, now, entropy)
  local s = w.session
  if s[S.end_reason] ~= 'ended' then
    s[S.end_reason], s[S.ended_ms] = 'ended', now
    if w.lease and w.lease[L.session] == s[S.id] then w.lease[L.session] = '' end
    if s[S.presence] == 'playing' and s[S.pending] > 0 then
      -- A strict programme holds seconds since the last proof: ask for one now, or finishing a lesson would lose them.
      ask(s, entropy, now, now + s[S.rules][R.answer_ms])
      s[S.presence] = 'challenged'
    end
    if s[S.pending] > 0 then redis.call('ZADD', KEYS[7], s[S.check_deadline_ms] + 1, s[S.id]) end
  end
  tell(s, 'ended', now)
end

-- By at most one silence.
local function put_off(s, now)
  local rules = s[S.rules]
  local latest = s[S.check_asked_ms] + rules[R.answer_ms] + rules[R.max_silence_ms]
  s[S.check_deadline_ms] = max(s[S.check_deadline_ms], min(now + rules[R.answer_ms], latest))
end

-- A check that ran out is missed. Its time only starts when the client has seen it: beats that were made before, and waited in a
-- tunnel, put the deadline off, by at most one silence.
local function expire_check(w, acked, now)
  local s = w.session
  if s[S.check_deadline_ms] == 0 then return end
  if acked < s[S.check_seq] then put_off(s, now) end
  if check_expired(s, now) then miss(w) end
end

local function in_window(s, now)
  for _, window in ipairs(s[S.rules][R.windows]) do
    if window[1] <= now and now < window[2] then return true end
  end
  return false
end

local c = cmsgpack.unpack(ARGV[1])
local w = load_world()
local s, lease = w.session, w.lease
if not s then return { 'gone' } end
if c[B.acked] > s[S.seq] and s[S.resend_asked] ~= s[S.seq] + 1 then s[S.resend_asked], s[S.resend_times] = s[S.seq] + 1, 0 end
if c[B.acked] > s[S.seq] and s[S.resend_times] < MAX_RESENDS then
  -- Redis came back older. A check that came back with it may have been answered: its time starts again. This beat is on time, and
  -- shows how late those are that are sent again.
  s[S.resend_times] = s[S.resend_times] + 1
  if s[S.check_deadline_ms] > 0 then put_off(s, c[B.now_ms]) end
  local offset = c[B.now_ms] - c[B.at_ms]
  if s[S.at_ms] == 0 or offset < s[S.offset_ms] then s[S.offset_ms] = offset end
  s[S.at_ms] = max(s[S.at_ms], 1)
  redis.call('SET', KEYS[1], cmsgpack.pack(s), 'KEEPTTL')
  return { 'resend', unchanged(w) }
end
if c[B.seq] <= s[S.seq] then return { 'ok', unchanged(w) } end
local now = max(c[B.now_ms], s[S.last_ms], lease and lease[L.last_ms] or 0)
local played = 0
for _, segment in ipairs(c[B.segments]) do played = played + segment[2] - segment[1] end
s[S.reported] = s[S.reported] + played
s[S.seq] = c[B.seq]
s[S.last_ms] = now
s[S.told_reason] = ''
if s[S.end_reason] == 'ended' then
  withhold(s, S.ended, 'ended', played)
elseif not lease or lease[L.session] ~= s[S.id] then
  displace(w, now)
  withhold(s, S.displaced, 'displaced', played)
elseif not in_window(s, now) then
  withhold(s, S.closed, 'closed', played)
  lease[L.last_ms], lease[L.carry_ms] = now, min(lease[L.carry_ms], CARRY_MS)
  tell(s, 'closed', now)
else
  if s[S.end_reason] == 'lapsed' then
    s[S.end_reason], s[S.ended_ms] = '', 0
    redis.call('ZADD', KEYS[7], now + s[S.rules][R.max_silence_ms], s[S.id])
  end
  expire_check(w, c[B.acked], now)
  count(w, c, now)
  if not c[B.end] then ask_if_due(s, now, played, c[B.entropy]) end
  lease[L.check_ms] = s[S.next_check_ms]
  tell(s, s[S.presence], now)
end
if #c[B.segments] > 0 then s[S.position] = c[B.segments][#c[B.segments]][2] end
if c[B.end] and s[S.end_reason] ~= 'displaced' then end_session(w, now, c[B.entropy]) end
return { 'ok', save(w) }
