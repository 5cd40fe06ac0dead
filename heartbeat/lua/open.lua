-- Take the account's lease for a new session.
-- KEYS[1..7] as in common.lua; KEYS[8] heal.
-- ARGV[1] state.OpenCommand as MessagePack; ARGV[2] when to heal first, ms; ARGV[3] the coverage that SQL knows.
-- Reply: {'conflict', lease packed} or {'ok', session packed, coverage}.
local c = cmsgpack.unpack(ARGV[1])
local w = load_world()
local s, now = c[O.session], c[O.now_ms]
local rules = s[S.rules]
-- The clock starts at the opening: neither a pause before it nor the opening itself gives anything. But a session that Redis has
-- lost goes on where SQL last saw it; and so does the next opening, when the reply to this one was lost.
local last = c[O.last_ms] > 0 and c[O.last_ms] or now
local seen = w.lease and max(w.lease[L.last_ms], w.lease[L.since_ms])
if w.lease then
  local elsewhere = w.lease[L.session] ~= '' and w.lease[L.device] ~= c[O.device] and now - seen <= rules[R.max_silence_ms]
  if elsewhere and (not c[O.take_over] or rules[R.second_device] == 'refuse') then
    return { 'conflict', cmsgpack.pack(w.lease) }
  end
  if w.lease[L.last_ms] < w.lease[L.since_ms] then last = min(last, w.lease[L.last_ms]) end
  last = max(last, w.lease[L.last_ms])
end
local before = w.lease
w.lease = { s[S.id], c[O.device], now, last, 0, 0 }
local coverage, longest = {}, max(#w.coverage.raw, #ARGV[3])
for index = 1, longest do
  coverage[index] = string.char(bor(string.byte(w.coverage.raw, index) or 0, string.byte(ARGV[3], index) or 0))
end
coverage = table.concat(coverage)
redis.call('SET', KEYS[3], coverage)
if c[O.day_tally] > w.day then redis.call('SET', KEYS[5], c[O.day_tally]) end
s[S.covered] = redis.call('BITCOUNT', KEYS[3])
s[S.frontier] = end_of(coverage)
s[S.next_check_ms] = now + until_next_check(rules, c[O.entropy])
if before and before[L.check_ms] > 0 and now - seen <= rules[R.presence_max_ms] then
  -- The account's check stays due when it was: one lesson after the other would never be checked otherwise.
  s[S.next_check_ms] = min(s[S.next_check_ms], before[L.check_ms])
  if s[S.next_check_ms] <= now then
    ask(s, c[O.entropy], now, now + rules[R.answer_ms])
    s[S.presence], s[S.told] = 'challenged', 'challenged'
  end
end
w.lease[L.check_ms] = s[S.next_check_ms]
local packed = cmsgpack.pack(s)
redis.call('MSET', KEYS[1], packed, KEYS[2], cmsgpack.pack(w.lease))
redis.call('ZADD', KEYS[6], s[S.version], s[S.id])
redis.call('ZADD', KEYS[7], now + rules[R.max_silence_ms], s[S.id])
redis.call('ZADD', KEYS[8], ARGV[2], s[S.id])
return { 'ok', packed, coverage }
