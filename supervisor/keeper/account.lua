-- The account of a group: whatever was due since it began is settled, pending,
-- waiting in the replay stream, or not delivered yet. What a group has read is
-- never asked of Redis (entries-read): 7.0 writes that neither to its AOF nor to
-- its replicas. redis_numbers.lua comes before.
local function whole(number)
	return string.format('%.0f', number)
end

-- The fields of a hash; none when the key is of another type.
local function hash_of(key)
	local flat = redis.pcall('HGETALL', key)
	return flat.err and {} or named(flat)
end

-- What the books count. What was replayed is to be settled once more.
local function settled_of(books)
	local sum = 0
	for book, count in pairs(books) do
		sum = sum + (tonumber(count) or 0) * (book == 'replayed' and -1 or 1)
	end
	return sum
end

local function replay_of(key)
	local length = redis.pcall('XLEN', key .. ':replay')
	return type(length) == 'number' and length or 0
end

-- stream, group: as named() makes them of XINFO; lag: for certain; key: P:<group>.
-- Returns how many entries were due and are nowhere (negative: so many more than
-- were due are settled, pending or not delivered; nil: the account has no
-- beginning), and the fields of P:<group>:start and P:<group>:books.
local function missing_of(stream, group, lag, key)
	local start, books = hash_of(key .. ':start'), hash_of(key .. ':books')
	local due, added, settled =
		tonumber(start.due), tonumber(start.added), tonumber(start.settled)
	if not (due and added and settled) then
		return nil, start, books
	end
	return due + stream['entries-added'] - added - lag - group.pending -
		replay_of(key) - (settled_of(books) - settled), start, books
end
