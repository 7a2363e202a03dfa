-- How far one group is behind; redis_numbers.lua comes before.
-- KEYS: stream   ARGV: group
-- Returns how many entries are not delivered (-1: unknown) and the id of the
-- first of them or ''; nothing when there is no such group.
if redis.call('EXISTS', KEYS[1]) == 0 then
	return {}
end
local stream = named(redis.call('XINFO', 'STREAM', KEYS[1]))
for _, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
	local group = named(row)
	if group.name == ARGV[1] then
		return {lag_of(stream, group)}
	end
end
return {}
