-- The facts about a stream and its groups that findings are made of;
-- redis_numbers.lua comes before.
-- KEYS: stream; then of each group its books, start, owners, tries, dead,
-- accepted, paused and ledger
-- ARGV: after how many milliseconds nobody reads a group that is not configured;
-- then the names of the groups
-- Returns the time of Redis in milliseconds; fields of the stream (none: it is not
-- there); for each group its fields; for each other group on the stream its name,
-- lag, pending entries, and for how many milliseconds nobody has read what waits
-- there (0: somebody does). What is unknown is -1.
local KEYS_EACH, FEW, NAMES_FEW, HOUR = 8, 10, 3, 3600000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function whole(number)
	return string.format('%.0f', number)
end

-- What an error is, or a key of the wrong type, is not known.
local function asked(...)
	local answer = redis.pcall(...)
	return not (type(answer) == 'table' and answer.err) and answer or nil
end

local stream, groups = nil, {}
local info = asked('XINFO', 'STREAM', KEYS[1])
if info then
	stream = named(info)
	for _, row in ipairs(asked('XINFO', 'GROUPS', KEYS[1]) or {}) do
		local group = named(row)
		groups[group.name] = group
	end
end

local function consumers_of(name)
	local list = {}
	for n, row in ipairs(asked('XINFO', 'CONSUMERS', KEYS[1], name) or {}) do
		list[n] = named(row)
	end
	return list
end

-- Our consumers are named <group>-<slot>@<node>.
local function is_ours(consumer, name)
	return string.sub(consumer, 1, #name + 1) == name .. '-' and
		string.match(consumer, '^%d+@.', #name + 2) ~= nil
end

-- The names of a few of the consumers that are not ours, and how many there are.
local function strangers_of(name, owners)
	local names, count = {}, 0
	for _, consumer in ipairs(consumers_of(name)) do
		if not owners[consumer.name] and not is_ours(consumer.name, name) then
			count = count + 1
			names[math.min(count, NAMES_FEW)] = consumer.name
		end
	end
	return names, count
end

-- How many consumers somebody holds now: see acquire.lua.
local function held_of(owners)
	local count = 0
	for _, owner in pairs(owners) do
		local node, expiry = string.match(owner, '^(%S+) %d+ (%d+) ')
		if node and node ~= '-' and tonumber(expiry) > now then
			count = count + 1
		end
	end
	return count
end

-- The first entry pending: its id, consumer, how long ago it was given to it, and
-- what is noted of its tries; of the first few, one that failed is preferred.
local function first_of(name, tries)
	local rows = asked('XPENDING', KEYS[1], name, '-', '+', FEW) or {}
	local first = rows[1]
	for _, row in ipairs(rows) do
		local noted = asked('HGET', tries, row[1])
		if noted then
			return {row[1], row[2], row[3], noted}
		end
	end
	return first and {first[1], first[2], first[3], ''} or {}
end

local function look(n, name)
	local at = 1 + (n - 1) * KEYS_EACH
	local books, start, owners, tries, dead, accepted, paused, ledger =
		unpack(KEYS, at + 1, at + KEYS_EACH)
	local fields = {'name', name, 'books', asked('HGETALL', books) or {},
		'start', asked('HGETALL', start) or {},
		'accepted', asked('HGETALL', accepted) or {},
		'paused', asked('HGETALL', paused) or {},
		'ledger', asked('HLEN', ledger) or -1,
		'letters', asked('ZCARD', dead) or -1,
		'fresh', asked('ZCOUNT', dead, whole(now - HOUR), '+inf') or -1,
		'tries', asked('HLEN', tries) or -1}
	local group = groups[name]
	if not group then
		return fields
	end
	local held = named(asked('HGETALL', owners) or {})
	local names, count = strangers_of(name, held)
	local lag, first = lag_of(stream, group)
	for _, word in ipairs({'last', group['last-delivered-id'],
			'lag', lag, 'pending', group.pending, 'waits', first,
			'beyond', before(stream['last-generated-id'],
				group['last-delivered-id']) and 1 or 0,
			'held', held_of(held), 'strangers', count,
			'names', names, 'first', first_of(name, tries)}) do
		fields[#fields + 1] = word
	end
	return fields
end

local rows, configured, others = {}, {}, {}
for n = 2, #ARGV do
	configured[ARGV[n]] = true
	rows[n - 1] = look(n - 1, ARGV[n])
end
for name, group in pairs(groups) do
	if not configured[name] then
		local lag, first = lag_of(stream, group)
		local since = tonumber(string.match(first, '^(%d+)-') or '')
		local age = since and math.max(now - since, 0) or 0
		for _, consumer in ipairs(age > 0 and consumers_of(name) or {}) do
			age = math.min(age, consumer.idle)
		end
		others[#others + 1] = {name, lag, group.pending,
			age >= tonumber(ARGV[1]) and age or 0}
	end
end
return {whole(now), stream and {'length', stream.length,
	'added', stream['entries-added'], 'last', stream['last-generated-id']} or {},
	rows, others}
