-- Keep the account of a group: see account.lua, which comes before. What is
-- missing is a loss, and is counted once, in a book of its own: dropped, when the
-- entries were removed from the stream before they were delivered; skipped, when
-- they left it to somebody else: the group was set forward, or a stranger
-- acknowledged them or took them. Where more is there than was due, the account
-- moves by that, or it would hide as many losses.
-- P:<group>:start notes, beside where the account begins, how the stream and the
-- group stood when it was settled last: how many entries had left the stream
-- (removed), the last one that was deleted by its id (deleted), the last one
-- delivered (last), and below which id everything was settled (open); and by how
-- much it was moved (moved), and how much of that speaks against what is counted
-- as dropped (doubt).

-- At most so many entries left the stream unread since then.
local function removed_unread(stream, start)
	local first = stream['recorded-first-entry-id']
	if start.open and start.deleted == stream['max-deleted-entry-id'] and
			stream.length > 0 and not before(start.open, first) then
		return 0
	end
	return math.max(0, stream['entries-added'] - stream.length -
		(tonumber(start.removed) or 0))
end

-- How it stands now. oldest: the first entry pending, or false.
local function standing_of(stream, group, first, oldest)
	local last = group['last-delivered-id']
	local open = first ~= '' and first or last
	if oldest and before(oldest, open) then
		open = oldest
	end
	return {
		removed = whole(stream['entries-added'] - stream.length),
		deleted = stream['max-deleted-entry-id'], last = last, open = open
	}
end

-- Write of a hash what has changed. Returns whether Redis takes it.
local function hash_change(key, fields, old)
	local words = {}
	for field, value in pairs(fields) do
		if old[field] ~= value then
			words[#words + 1] = field
			words[#words + 1] = value
		end
	end
	return #words == 0 or type(redis.pcall('HSET', key, unpack(words))) ==
		'number'
end

-- Returns the book fields that tell of so many missing ones, and how many of these
-- are dropped and skipped.
local function missing_count(missing, stream, start, books)
	local removed = math.min(missing, removed_unread(stream, start))
	local skipped = missing - removed
	local fields = {}
	if removed > 0 then
		fields.dropped = whole((tonumber(books.dropped) or 0) + removed)
	end
	if skipped > 0 then
		fields.skipped = whole((tonumber(books.skipped) or 0) + skipped)
	end
	return fields, removed, skipped
end

-- Move the account by so many too many. They speak against what is counted as
-- dropped, but not when the group was set back and is given them once more.
local function account_move(surplus, start, books, standing)
	local doubt = tonumber(start.doubt) or 0
	local dropped = (tonumber(books.dropped) or 0) - doubt
	standing.due = whole(start.due + surplus)
	standing.moved = whole((tonumber(start.moved) or 0) + surplus)
	if dropped > 0 and not (start.last and before(standing.last, start.last)) then
		standing.doubt = whole(doubt + math.min(dropped, surplus))
	end
end

-- Settle the account of a group whose lag is certain; first: the id of its first
-- entry not delivered, or ''. Returns how many entries were dropped, how many
-- skipped and by how much the account was moved, all of them now; nil: the group
-- has no account.
local function account_settle(stream, group, lag, first, oldest, key)
	local missing, start, books = missing_of(stream, group, lag, key)
	if not missing then
		return
	end
	local standing = standing_of(stream, group, first, oldest)
	local removed, skipped, fields = 0, 0, {}
	if missing > 0 then
		fields, removed, skipped = missing_count(missing, stream, start, books)
	elseif missing < 0 then
		account_move(-missing, start, books, standing)
	end
	-- What is not counted yet is found again.
	if not hash_change(key .. ':books', fields, books) or
			not hash_change(key .. ':start', standing, start) then
		return 0, 0, 0
	end
	return removed, skipped, math.max(0, -missing)
end

-- Begin the account of a group that has none: what it has to do from here on.
local function account_begin(stream, group, lag, first, oldest, key)
	local start = standing_of(stream, group, first, oldest)
	start.id = group['last-delivered-id']
	start.added = whole(stream['entries-added'])
	start.due = whole(lag + group.pending + replay_of(key))
	start.settled = whole(settled_of(hash_of(key .. ':books')))
	start.time = redis.call('TIME')[1]
	hash_change(key .. ':start', start, {})
end
