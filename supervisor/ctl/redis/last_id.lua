-- The id of the last entry, without the entry itself, which may be larger than
-- any reply.
-- KEYS: stream
-- Returns it; '0-0' when there is none.
local entry = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return entry and entry[1] or '0-0'
