-- SQL holds these sessions of one bucket up to a version: those that have not changed since are clean.
-- A session that is not dirty is durable up to its seq; nothing else says so.
-- Keys expire only when their session is over: each one ends or lapses, is flushed once more, and comes by here.
-- KEYS[1] dirty; then, for each session that is over, its own two keys, and those that it shares with the account's other sessions.
-- ARGV[1] MessagePack {session ids, the version of each that SQL holds, over}, where over lists of those that are over: {place in
-- session ids, time to live in ms of its own keys, how many keys};
-- ARGV[2] time to live of the shared ones, ms: longer than any other session of the account can still need them.
-- Reply: how many are clean now.
local told = cmsgpack.unpack(ARGV[1])
local ids, versions, over = told[1], told[2], told[3]
local clean, is_clean = {}, {}
for place, score in ipairs(redis.call('ZMSCORE', KEYS[1], unpack(ids))) do
  if score and tonumber(score) == versions[place] then
    clean[#clean + 1] = ids[place]
    is_clean[place] = true
  end
end
if #clean > 0 then redis.call('ZREM', KEYS[1], unpack(clean)) end
local at = 1
for _, final in ipairs(over) do
  local place, ttl, count = final[1], final[2], final[3]
  if is_clean[place] then
    for index = at + 1, at + count do
      redis.call('PEXPIRE', KEYS[index], index <= at + 2 and ttl or ARGV[2])
    end
  end
  at = at + count
end
return #clean
