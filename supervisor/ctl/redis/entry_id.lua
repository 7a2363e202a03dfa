-- The id of an entry, in the place of the entry itself, which no reply can hold.
-- KEYS: stream   ARGV: from, to: as XRANGE takes them
-- Returns the first entry there as XRANGE does, with nil for its fields.
local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', 1)[1]
return entry and {{entry[1], false}} or {}
