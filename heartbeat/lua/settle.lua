-- SQL holds these sessions of one bucket up to a version: let the keys of those expire that have not changed since.
-- A session that is not dirty is durable up to its seq; nothing else says so.
-- KEYS[1] dirty; then, for each session, its own two keys, and those that it shares with the account's other sessions.
-- ARGV[1] MessagePack list of [session id, version SQL holds, time to live in ms of its own keys, how many keys];
-- ARGV[2] time to live of the shared ones, ms: long, for another session may still have something there that SQL lacks.
-- Reply: how many are clean now.
local clean, at = 0, 1
for _, told in ipairs(cmsgpack.unpack(ARGV[1])) do
  local id, version, ttl, count = told[1], told[2], told[3], told[4]
  if tonumber(redis.call('ZSCORE', KEYS[1], id)) == version then
    redis.call('ZREM', KEYS[1], id)
    for index = at + 1, at + count do redis.call('PEXPIRE', KEYS[index], index <= at + 2 and ttl or ARGV[2]) end
    clean = clean + 1
  end
  at = at + count
end
return clean
