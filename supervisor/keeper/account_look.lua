-- How the account of a group stands: see account.lua, which comes before.
-- KEYS: stream, P:<group>:start, P:<group>:books, P:<group>:replay
-- ARGV: group
-- Returns names and values: missing (left out: unknown), certain (1: the lag is),
-- beyond (1: the group stands beyond the end of the stream), last (delivered),
-- start and books. Nothing when there is no such group.
if redis.call('EXISTS', KEYS[1]) == 0 then
	return {}
end
local stream = named(redis.call('XINFO', 'STREAM', KEYS[1]))
for _, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
	local group = named(row)
	if group.name == ARGV[1] then
		local last = group['last-delivered-id']
		local lag, _, is_certain = lag_of(stream, group)
		local found = {
			'certain', is_certain and 1 or 0,
			'beyond', before(stream['last-generated-id'], last) and 1 or 0,
			'last', last,
			'start', redis.call('HGETALL', KEYS[2]),
			'books', redis.call('HGETALL', KEYS[3])
		}
		local missing = is_certain and
			missing_of(stream, group, lag,
				(string.gsub(KEYS[3], ':books$', '')))
		if missing then
			found[#found + 1] = 'missing'
			found[#found + 1] = missing
		end
		return found
	end
end
return {}
