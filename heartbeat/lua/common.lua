-- Put before every verb. The twin of judgement.py: what becomes of each second, and of a presence check.
-- These scripts get the same seven keys first, all under one {hash tag}:
--   KEYS[1] session  MessagePack (state.Session)      KEYS[4] pending   bitmap
--   KEYS[2] lease    MessagePack (state.Lease)        KEYS[5] day tally seconds
--   KEYS[3] coverage bitmap                               KEYS[6] dirty  KEYS[7] open  (zsets)
-- `S.seq`, `R.kind` and the like are the places of fields in the packed structs of state.py (S Session, R Rules, L Lease, E Entropy,
-- B, P and O the commands); `S.FIELDS` is how many there are, `S.DEFAULTS` a table of those that have a default. scripts.py puts all of
-- that in.
-- One MGET reads them, one MSET writes what changed. MSET clears a key's time to live: what SQL lacks does not expire.
local CARRY_MS = 2000
local SKIP_SLACK = 5
local MAX_TRIES = 3
local MAX_RESENDS = 3
local min, max, floor, huge = math.min, math.max, math.floor, math.huge
local band, bor, bnot, lshift, rshift = bit.band, bit.bor, bit.bnot, bit.lshift, bit.rshift

-- Bitmaps ------------------------------------------------------------------------------------------------------------
-- {raw, bytes = touched bytes by index from 0, low/high = the changed ones}
local function bits_of(raw)
  return { raw = raw or '', bytes = {} }
end

local function byte_at(bits, index)
  return bits.bytes[index] or string.byte(bits.raw, index + 1) or 0
end

local function has(bits, second)
  return band(byte_at(bits, rshift(second, 3)), rshift(0x80, band(second, 7))) ~= 0
end

-- Sets those bits of one byte.
local function set(bits, index, ones)
  bits.bytes[index] = bor(byte_at(bits, index), ones)
  bits.low = min(bits.low or index, index)
  bits.high = max(bits.high or index, index)
end

local function add(bits, second)
  set(bits, rshift(second, 3), rshift(0x80, band(second, 7)))
end

local function as_string(bits)
  if not bits.low then return bits.raw end
  local parts = { string.sub(bits.raw, 1, bits.low), string.rep('\0', bits.low - #bits.raw) }
  for index = bits.low, bits.high do
    parts[#parts + 1] = string.char(byte_at(bits, index))
  end
  parts[#parts + 1] = string.sub(bits.raw, bits.high + 2)
  return table.concat(parts)
end

-- One past the last second of the set.
local function end_of(raw)
  for index = #raw, 1, -1 do
    local byte = string.byte(raw, index)
    for bit_number = 7, 0, -1 do
      if band(byte, rshift(0x80, bit_number)) ~= 0 then return (index - 1) * 8 + bit_number + 1 end
    end
  end
  return 0
end

-- The world: what one script read, and what it changed ---------------------------------------------------------------
-- How far a clean session is in SQL: seconds that wait for a check are in no coverage yet.
local function flushed_up_to(s)
  return s[S.pending] > 0 and min(s[S.seq], max(0, s[S.waits_from] - 1)) or s[S.seq]
end

-- An older version wrote it, without the fields that came since: a missing one would stop the script, or be packed as a hole.
local function fill(packed, defaults)
  for place, value in pairs(defaults) do
    if packed[place] == nil then packed[place] = value end
  end
end

local function load_world()
  local raw = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
  local session, lease = raw[1] and cmsgpack.unpack(raw[1]), raw[2] and cmsgpack.unpack(raw[2])
  -- The tables of defaults are only made where something is missing.
  if session and #session < S.FIELDS then fill(session, S.DEFAULTS) end
  if session and #session[S.rules] < R.FIELDS then fill(session[S.rules], R.DEFAULTS) end
  if lease and #lease < L.FIELDS then fill(lease, L.DEFAULTS) end
  return {
    session = session,
    seq = session and session[S.seq],
    safe = session and flushed_up_to(session),
    lease = lease,
    coverage = bits_of(raw[3]),
    pending = bits_of(raw[4]),
    day = tonumber(raw[5] or 0),
  }
end

-- Marks the session dirty, writes everything back, and returns the session packed.
local function save(w)
  local s = w.session
  s[S.version] = s[S.version] + 1
  -- It was clean until now: SQL holds all that was judged before.
  if redis.call('ZADD', KEYS[6], s[S.version], s[S.id]) == 1 then s[S.durable] = w.safe end
  local packed = cmsgpack.pack(s)
  local pairs_ = { KEYS[1], packed }
  if w.lease then
    pairs_[3], pairs_[4] = KEYS[2], cmsgpack.pack(w.lease)
  end
  local n = #pairs_
  if w.coverage.low then
    pairs_[n + 1], pairs_[n + 2], n = KEYS[3], as_string(w.coverage), n + 2
  end
  if w.pending.low then
    pairs_[n + 1], pairs_[n + 2], n = KEYS[4], as_string(w.pending), n + 2
  end
  if w.day_changed then
    pairs_[n + 1], pairs_[n + 2] = KEYS[5], w.day
  end
  redis.call('MSET', unpack(pairs_))
  if w.pending_gone then redis.call('DEL', KEYS[4]) end
  return packed
end

-- What a reply shows of a session that did not change.
local function unchanged(w)
  if not redis.call('ZSCORE', KEYS[6], w.session[S.id]) then w.session[S.durable] = flushed_up_to(w.session) end
  return cmsgpack.pack(w.session)
end

-- Seconds ------------------------------------------------------------------------------------------------------------
-- field: where the session counts this reason; reason: its name, for the reply.
local function withhold(s, field, reason, seconds)
  if seconds > 0 then
    s[field] = s[field] + seconds
    if reason ~= 'repeat' or s[S.told_reason] == '' then s[S.told_reason] = reason end
  end
end

local function tell(s, state, now)
  s[S.told], s[S.told_ms] = state, now
end

local function credit(w, seconds)
  local s = w.session
  s[S.credited] = s[S.credited] + seconds
  s[S.covered] = s[S.covered] + seconds
  w.day = w.day + seconds
  w.day_changed = true
end

local function note_day(s, day)
  for _, known in ipairs(s[S.days]) do
    if known == day then return end
  end
  s[S.days][#s[S.days] + 1] = day
end

local function drop_pending(w)
  withhold(w.session, S.idle, 'idle', w.session[S.pending])
  w.session[S.pending] = 0
  w.pending, w.pending_gone = bits_of(''), true
end

-- Presence -----------------------------------------------------------------------------------------------------------
local function until_next_check(rules, entropy)
  return rules[R.presence_min_ms] + floor(entropy[E.draw] * (rules[R.presence_max_ms] - rules[R.presence_min_ms]) / 4294967296)
end

local function close_check(s)
  s[S.check_id], s[S.check_answer], s[S.check_deadline_ms] = '', '', 0
end

local function miss(w)
  local s = w.session
  s[S.checks_missed] = s[S.checks_missed] + 1
  s[S.presence] = 'idle'
  close_check(s)
  drop_pending(w)
end

local function ask(s, entropy, now, deadline)
  s[S.check_id] = entropy[E.check_id]
  s[S.check_answer] = s[S.rules][R.kind] == 'digits' and entropy[E.digits] or ''
  s[S.check_deadline_ms] = deadline
  s[S.check_seq], s[S.check_asked_ms] = s[S.seq], now
  s[S.check_tries] = 0
  s[S.checks_asked] = s[S.checks_asked] + 1
end

local function ask_if_due(s, now, played, entropy)
  local due = s[S.presence] == 'playing' and played > 0 and now >= s[S.next_check_ms]
  -- Not sooner than one beat's interval after the check before: else digits could be guessed as fast as requests are answered.
  local rested = now >= s[S.check_asked_ms] + s[S.rules][R.beat_every_ms]
  if due or (s[S.presence] == 'idle' and s[S.check_id] == '' and rested) then
    ask(s, entropy, now, due and now + s[S.rules][R.answer_ms] or 0)
    if due then s[S.presence] = 'challenged' end
  end
end

local function check_expired(s, now)
  return s[S.check_deadline_ms] > 0 and now > s[S.check_deadline_ms]
end

local function displace(w, now)
  local s = w.session
  if s[S.end_reason] ~= 'displaced' then
    s[S.end_reason], s[S.ended_ms] = 'displaced', now
    close_check(s)
    drop_pending(w)
  end
  tell(s, 'displaced', now)
end
