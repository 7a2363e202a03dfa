-- Make sure that the group is there, and that its account has a beginning.
-- KEYS: stream, books, start, done   ARGV: group, where a new group starts, '1' if
-- we saw it, '1' if it may start behind what the keeper knows to be done
-- A group that we saw, or that has kept books, was there before and vanished. It
-- starts again behind what is done; if that is not known, or is of another stream
-- since it lies beyond the last entry, at the first entry, so that nothing is
-- skipped. Where it does no harm to do everything again it always does.
-- Returns 'there', 'new' or 'again', and where it starts.
if not redis.REDIS_VERSION_NUM then
	return redis.error_reply('TOOOLD ordermq needs Redis 7.0 or Valkey')
end

local function named(flat)
	local fields = {}
	for n = 1, #flat, 2 do
		fields[flat[n]] = flat[n + 1]
	end
	return fields
end

local function find()
	if redis.call('EXISTS', KEYS[1]) == 0 then
		return nil
	end
	for _, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
		local group = named(row)
		if group.name == ARGV[1] then
			return group
		end
	end
end

-- What the group has to do from here on, and what was counted before: the books
-- are verified against it. Redis does not tell how many entries lie behind one in
-- the middle of a long stream: then the account begins at another time.
local COUNT_MAX = 1000
local function begin(group)
	local last = group['last-delivered-id']
	local stream = named(redis.call('XINFO', 'STREAM', KEYS[1]))
	local behind = #redis.call('XRANGE', KEYS[1], '(' .. last, '+',
		'COUNT', COUNT_MAX)
	if behind == COUNT_MAX then
		local before = #redis.call('XRANGE', KEYS[1], '-', last,
			'COUNT', COUNT_MAX)
		if before == COUNT_MAX then
			return
		end
		behind = stream.length - before
	end
	-- Redis' own lag follows from this.
	redis.pcall('XGROUP', 'SETID', KEYS[1], ARGV[1], last, 'ENTRIESREAD',
		string.format('%.0f', stream['entries-added'] - behind))
	-- What was replayed is to be done once more.
	local settled = 0
	local books = named(redis.call('HGETALL', KEYS[2]))
	for book, count in pairs(books) do
		settled = settled + (tonumber(count) or 0) *
			(book == 'replayed' and -1 or 1)
	end
	local replay = redis.call('XLEN', (string.gsub(KEYS[2], 'books$', 'replay')))
	redis.call('HSET', KEYS[3], 'id', last,
		'added', string.format('%.0f', stream['entries-added']),
		'due', string.format('%.0f', behind + group.pending + replay),
		'settled', string.format('%.0f', settled),
		'removed', string.format('%.0f',
			stream['entries-added'] - stream.length),
		'time', redis.call('TIME')[1])
end

-- Two numbers with a dash; the second one may have more digits than fit.
local function is_beyond(id, last)
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

local function start_again()
	local done = ARGV[4] == '1' and redis.call('GET', KEYS[4])
	if not done or not string.match(done, '^%d+-%d+$') or
			redis.call('EXISTS', KEYS[1]) == 0 then
		return '0'
	end
	local stream = named(redis.call('XINFO', 'STREAM', KEYS[1]))
	return is_beyond(done, stream['last-generated-id']) and '0' or done
end

-- What came back lies in a stream with a group of the same name.
local replay = string.gsub(KEYS[2], 'books$', 'replay')
if redis.call('EXISTS', replay) == 1 then
	redis.pcall('XGROUP', 'CREATE', replay, ARGV[1], '0') -- or it is there
end

local group = find()
if group then
	if redis.call('EXISTS', KEYS[3]) == 0 then
		begin(group)
	end
	return {'there'}
end
local known = ARGV[3] == '1' or redis.call('EXISTS', KEYS[2]) == 1
local at = known and start_again() or ARGV[2]
redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], at, 'MKSTREAM')
redis.call('DEL', KEYS[3])
begin(find())
return {known and 'again' or 'new', at}
