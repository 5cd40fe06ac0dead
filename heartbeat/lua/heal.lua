-- Flush a clean session once more, hourly until it is 48 h old: heals a database that lost a commit.
-- KEYS[1] session, KEYS[2] dirty, KEYS[3] heal.
-- ARGV[1] session id, ARGV[2] now, ms, ARGV[3] how long after its last beat a session is healed, ms, ARGV[4] interval, ms.
-- Reply: 1 when the session was marked dirty.
local id, now = ARGV[1], tonumber(ARGV[2])
local raw = redis.call('GET', KEYS[1])
local s = raw and cmsgpack.unpack(raw)
if not s or now - s[S.last_ms] > tonumber(ARGV[3]) then
  redis.call('ZREM', KEYS[3], id)
  return 0
end
redis.call('ZADD', KEYS[3], now + tonumber(ARGV[4]), id)
redis.call('ZADD', KEYS[2], 'NX', s[S.version], id)
return 1
