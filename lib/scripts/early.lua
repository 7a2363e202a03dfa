-- Entries may take effect while they are no longer pending: the group was made
-- again, or Redis lost its last writes, while they were in flight. The group is
-- given them once more, or they are nowhere; both would look as if more was settled
-- than was due. fence.lua comes before.
local function id_beyond(id, last)
	local msecs, seq = string.match(id, '^(%d+)-(%d+)$')
	local last_msecs, last_seq = string.match(last, '^(%d+)-(%d+)$')
	if msecs ~= last_msecs then
		return tonumber(msecs) > tonumber(last_msecs)
	end
	if #seq ~= #last_seq then
		return #seq > #last_seq
	end
	return seq > last_seq
end

-- The last entry that the group was given, or nil.
local function group_place(name)
	local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
	for _, row in ipairs(groups.err and {} or groups) do
		local group = {}
		for n = 1, #row, 2 do
			group[row[n]] = row[n + 1]
		end
		if group.name == name then
			return group['last-delivered-id']
		end
	end
end

-- Move the account of the group by the entries that have taken effect before it
-- was given them. To be called when not all were pending, which is rare. What was
-- given to the group and is not pending, somebody else has acknowledged; the
-- account need not move for it.
local function account_early(ids)
	local start = string.gsub(KEYS[4], 'tries$', 'start')
	local noted = redis.pcall('HMGET', start, 'due', 'early')
	local place = not replays and tonumber(noted[1]) and group_place(ARGV[1])
	local count = 0
	for _, id in ipairs(place and ids or {}) do
		if id_beyond(id, place) then
			count = count + 1
		end
	end
	if count > 0 then
		redis.pcall('HSET', start,
			'due', string.format('%.0f', noted[1] + count),
			'early', string.format('%.0f', (tonumber(noted[2]) or 0) + count))
	end
end
