-- How far a group is behind. Redis' own count (lag) is nil after entries were
-- deleted ahead of the group, and wrong after entries were trimmed that it had
-- not read (Redis 7, Valkey 8). So entries are counted where there are few, or
-- where the group stands before the first one or at the last one; in between
-- the count of Redis is taken where it is possible.
-- KEYS: stream
local COUNT_FEW, COUNT_PAGE, COUNT_PAGES = 10, 100, 3

local function named(flat)
	local fields = {}
	for n = 1, #flat, 2 do
		fields[flat[n]] = flat[n + 1]
	end
	return fields
end

-- Is the id a before b? The second part may have more digits than a number.
local function before(a, b)
	local a_msecs, a_seq = string.match(a, '^(%d+)-(%d+)$')
	local b_msecs, b_seq = string.match(b, '^(%d+)-(%d+)$')
	if a_msecs ~= b_msecs then
		return tonumber(a_msecs) < tonumber(b_msecs)
	end
	if #a_seq ~= #b_seq then
		return #a_seq < #b_seq
	end
	return a_seq < b_seq
end

-- Entries behind last, as far as they are few enough to be counted, else nil; and
-- the id of the first one, or ''.
local function count_behind(last, most)
	local page = redis.call('XRANGE', KEYS[1], '(' .. last, '+',
		'COUNT', math.min(most, COUNT_PAGE))
	local first, count = page[1] and page[1][1] or '', #page
	while #page == COUNT_PAGE and count < most do
		page = redis.call('XRANGE', KEYS[1], '(' .. page[#page][1], '+',
			'COUNT', COUNT_PAGE)
		count = count + #page
	end
	return count < most and count or nil, first
end

-- stream, group: as named() makes them of XINFO. Returns how many entries are not
-- delivered (-1: unknown), the id of the first of them or '', and whether the
-- number is certain.
local function lag_of(stream, group)
	local last = group['last-delivered-id']
	local first = stream['recorded-first-entry-id']
	local lag = group.lag
	if stream.length == 0 or last == stream['last-generated-id'] then
		return 0, '', true
	end
	-- It stands beyond the end, and is not given what is added.
	if before(stream['last-generated-id'], last) then
		return -1, '', false
	end
	if before(last, first) then
		return stream.length, first, true
	end
	local count, next_id = count_behind(last, COUNT_FEW + 1)
	if count then
		return count, next_id, true
	end
	if lag and lag > COUNT_FEW and lag < stream.length then
		return lag, next_id, false
	end
	count = count_behind(last, COUNT_PAGE * COUNT_PAGES)
	return count or -1, next_id, count ~= nil
end
