-- SQL holds these sessions of one bucket up to a version: tell them, and let the keys of those expire that have not changed since.
-- KEYS[1] dirty; then, for each session, its own key and every other key that its record rests on.
-- ARGV[1] MessagePack list of [session id, version SQL holds, seq SQL holds, time to live in ms, how many keys].
-- Reply: how many are clean now.
local clean, at = 0, 1
for _, told in ipairs(cmsgpack.unpack(ARGV[1])) do
  local id, version, seq, ttl, count = told[1], told[2], told[3], told[4], told[5]
  local raw = redis.call('GET', KEYS[at + 1])
  if raw then
    local s = cmsgpack.unpack(raw)
    if s.durable < seq then
      s.durable = seq
      redis.call('SET', KEYS[at + 1], cmsgpack.pack(s), 'KEEPTTL')
    end
  end
  if tonumber(redis.call('ZSCORE', KEYS[1], id)) == version then
    redis.call('ZREM', KEYS[1], id)
    for index = at + 1, at + count do redis.call('PEXPIRE', KEYS[index], ttl) end
    clean = clean + 1
  end
  at = at + count
end
return clean
