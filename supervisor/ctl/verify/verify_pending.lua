-- Find which of these entries are pending.
-- KEYS: stream   ARGV: group, id, id, ...
-- Returns for each id 1 or 0.
local is = {}
for n = 2, #ARGV do
	is[#is + 1] = #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[n], ARGV[n], 1)
end
return is
