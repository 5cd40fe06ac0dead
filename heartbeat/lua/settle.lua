-- SQL holds a session up to a version: tell the session, and let its keys expire if it has not changed since.
-- KEYS[1] session, KEYS[2] dirty, KEYS[3…] every other key the session's record rests on.
-- ARGV[1] session id, ARGV[2] the version SQL holds, ARGV[3] the seq SQL holds, ARGV[4] time to live, ms.
-- Reply: 1 when the session is clean now.
local raw = redis.call('GET', KEYS[1])
if raw then
  local s = cmsgpack.unpack(raw)
  if s.durable < tonumber(ARGV[3]) then
    s.durable = tonumber(ARGV[3])
    redis.call('SET', KEYS[1], cmsgpack.pack(s), 'KEEPTTL')
  end
end
if redis.call('ZSCORE', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
for index = 3, #KEYS do redis.call('PEXPIRE', KEYS[index], ARGV[4]) end
return 1
