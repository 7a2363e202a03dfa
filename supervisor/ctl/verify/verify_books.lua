-- Read everything that is counted of a group, at one moment.
-- KEYS: stream, books, start, ledger, replay   ARGV: group
-- Returns names and values; nothing when there is no such group.
local function named(flat)
	local fields = {}
	for n = 1, #flat, 2 do
		fields[flat[n]] = flat[n + 1]
	end
	return fields
end

if redis.call('EXISTS', KEYS[1]) == 0 then
	return {}
end
local stream = named(redis.call('XINFO', 'STREAM', KEYS[1]))
for _, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
	local group = named(row)
	if group.name == ARGV[1] then
		return {
			'added', stream['entries-added'],
			'generated', stream['last-generated-id'],
			'first', stream['recorded-first-entry-id'],
			'deleted', stream['max-deleted-entry-id'],
			'last', group['last-delivered-id'],
			'pending', group.pending,
			'books', redis.call('HGETALL', KEYS[2]),
			'start', redis.call('HGETALL', KEYS[3]),
			'ledger', redis.call('HLEN', KEYS[4]),
			'replay', redis.call('XLEN', KEYS[5])
		}
	end
end
return {}
