-- The id of the first entry behind one: for a reader without a group, which goes
-- past an entry that no reply can hold.
-- KEYS: stream   ARGV: the id before it
-- Returns the id; nil: there is none.
local entry = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', 1)[1]
return entry and entry[1]
