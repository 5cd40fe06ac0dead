-- No session of the account earns any longer.
-- KEYS[1] lease. Reply: 1 when there was a lease.
local raw = redis.call('GET', KEYS[1])
if not raw then return 0 end
local lease = cmsgpack.unpack(raw)
lease[L.session] = ''
redis.call('SET', KEYS[1], cmsgpack.pack(lease), 'KEEPTTL')
return 1
