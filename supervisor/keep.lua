-- One round of housekeeping: see keep.h. lag.lua comes before.
-- ARGV: P, group, group, ... of the configuration
local PREFIX, GROUPS_FROM = ARGV[1], 2

local function key_of(group, what)
	return PREFIX .. ':' .. group .. ':' .. what
end

-- The greatest id below this one, or one below that.
local function id_before(id)
	local msecs, seq = string.match(id, '^(%d+)-(%d+)$')
	if tonumber(seq) > 0 and #seq < 16 then
		return msecs .. '-' .. string.format('%.0f', seq - 1)
	end
	return string.format('%.0f', math.max(msecs - 1, 0)) ..
		'-18446744073709551615'
end

-- Everything up to here is done, whatever happens to the group.
local function done_note(group, oldest)
	local done = oldest and id_before(oldest) or group['last-delivered-id']
	local key = key_of(group.name, 'done')
	if redis.call('GET', key) ~= done then
		redis.call('SET', key, done)
	end
end

if redis.call('EXISTS', KEYS[1]) == 0 then
	return {}
end
local configured = {}
for n = GROUPS_FROM, #ARGV do
	configured[ARGV[n]] = true
end
for _, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
	local group = named(row)
	local oldest = redis.call('XPENDING', KEYS[1], group.name)[2]
	if configured[group.name] then
		done_note(group, oldest)
	end
end
return {}
