-- Count a page of entries without sending them.
-- KEYS: stream   ARGV: from, to: as XRANGE takes them; at most how many
-- Returns how many there are, and the id of the last one (nil for none), behind
-- which the next page begins.
local page = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
return {#page, #page > 0 and page[#page][1]}
