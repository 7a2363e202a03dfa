-- One round of housekeeping: see keep_round.h. redis_numbers.lua, account.lua and
-- keep_account.lua come before.
-- KEYS: stream
-- ARGV[1..7]: P; the age in milliseconds and the number of entries that are kept
-- (0: no limit); 'keep' or 'drop' for entries that are not settled; the highest
-- number of entries ever (0: no limit); '1' to change nothing; after how many
-- milliseconds without a read a group is silent
-- ARGV[8]: n, then n names of groups that hold nothing; then the name and the start
-- of each configured group
-- Returns the number of removed entries; the id below which no group needs entries
-- ('': no group needs any) and the group that needs the rest; the id below which
-- entries are too old; the number of entries left; for each group its name, how
-- many entries were removed before it read them, for how long it has been silent
-- (0: it is not), its lag and the age of the first of these entries, its pending
-- entries and the age of the first of them, how many entries it has skipped now, and
-- by how many its account was moved now; and of the stream how many entries were
-- ever added, and the ages of the first and the last one. Ages are milliseconds;
-- unknown is -1.
local PREFIX, AGE, ENTRIES, CEILING =
	ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local DROPS, LOOKS, SILENT = ARGV[4] == 'drop', ARGV[6] == '1', tonumber(ARGV[7])
local PAGE, PAGES, PENDING_FEW = 100, 10, 20

local ignored, configured = {}, {}
for n = 9, 8 + ARGV[8] do
	ignored[ARGV[n]] = true
end
for n = 9 + ARGV[8], #ARGV, 2 do
	configured[ARGV[n]] = ARGV[n + 1]
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stream, groups

-- The group's key of that name, or what all of its keys begin with.
local function key_of(group, what)
	return PREFIX .. ':' .. group .. (what and ':' .. what or '')
end

local function read_stream()
	stream, groups = nil, {}
	if redis.call('EXISTS', KEYS[1]) == 0 then
		return
	end
	stream = named(redis.call('XINFO', 'STREAM', KEYS[1]))
	for n, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
		groups[n] = named(row)
	end
end

-- What of each group is dropped, skipped and moved in this round, and its lag as
-- far as it is certain.
local dropped, skipped, moved, certain = {}, {}, {}, {}

-- Redis' own lag follows from entries-read, which is not right after a restart of
-- Redis 7.0 or a removal.
local function entries_read_set(group, lag)
	local place = stream['entries-added'] - lag
	if group['entries-read'] ~= place then
		redis.pcall('XGROUP', 'SETID', KEYS[1], group.name,
			group['last-delivered-id'], 'ENTRIESREAD', whole(place))
	end
end

-- Without an account, only what we remove ourselves is known to be dropped.
local function without_account(group, lag, first, oldest)
	local name = group.name
	if certain[name] then
		dropped[name] = dropped[name] + math.max(0, certain[name] - lag)
	end
	if configured[name] then
		account_begin(stream, group, lag, first, oldest, key_of(name))
	end
end

-- Where the lag is not certain, the account is settled in a later round.
local function account(group, oldest)
	local name, key = group.name, key_of(group.name)
	local lag, first, is_certain = lag_of(stream, group)
	group.first, group.behind = first, lag
	dropped[name] = dropped[name] or 0
	if not is_certain or LOOKS then
		return
	end
	entries_read_set(group, lag)
	if not ignored[name] then
		local removed, passed, surplus =
			account_settle(stream, group, lag, first, oldest, key)
		if removed then
			dropped[name] = dropped[name] + removed
			skipped[name] = (skipped[name] or 0) + passed
			moved[name] = (moved[name] or 0) + surplus
		else
			without_account(group, lag, first, oldest)
		end
	end
	certain[name] = lag
end

-- The greatest id below this one, or one below that.
local function id_before(id)
	local msecs, seq = string.match(id, '^(%d+)-(%d+)$')
	if tonumber(seq) > 0 and #seq < 16 then
		return msecs .. '-' .. whole(seq - 1)
	end
	return whole(math.max(msecs - 1, 0)) .. '-18446744073709551615'
end

local function earlier(a, b)
	return before(a, b) and a or b
end

-- Note up to which id everything is done, should the group vanish. A group that was
-- set back may have entries pending that are still to be delivered once more.
local function note_done(group, oldest)
	local last = group['last-delivered-id']
	local done = oldest and earlier(id_before(oldest), last) or last
	local key = key_of(group.name, 'done')
	if not LOOKS and redis.call('GET', key) ~= done then
		redis.pcall('SET', key, done)
	end
end

-- The id below which the group needs no entry. An entry that was deleted while it was
-- pending cannot be kept any more.
-- A group beyond the end of the stream has not been given the entries that were added
-- since it was set there.
local function hold_of(group, oldest)
	local last = group['last-delivered-id']
	if before(stream['last-generated-id'], last) then
		last = hash_of(key_of(group.name, 'start')).open or last
	end
	if not oldest or stream.length == 0 then
		return last
	end
	local first = stream['recorded-first-entry-id']
	local rows = redis.call('XPENDING', KEYS[1], group.name,
		before(oldest, first) and first or oldest, '+', PENDING_FEW)
	for _, row in ipairs(rows) do
		if redis.call('XRANGE', KEYS[1], row[1], row[1])[1] then
			return earlier(row[1], last)
		end
	end
	return #rows == PENDING_FEW and earlier(rows[#rows][1], last) or last
end

-- Likewise for a configured group that does not exist yet, by where it will begin.
local function hold_of_absent(name, start)
	if redis.call('EXISTS', key_of(name, 'books')) == 1 or start == '0' then
		return '0-0'
	end
	return start ~= '$' and start or nil
end

-- For how long entries have waited without a read. A group with readers, or with
-- nothing to read, is not silent.
local function silence_of(group)
	local age = now - (tonumber(string.match(group.first, '^(%d+)-')) or now)
	if age < SILENT or redis.call('EXISTS', key_of(group.name, 'paused')) == 1 then
		return 0
	end
	for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], group.name)) do
		age = math.min(age, named(row).idle)
	end
	return age < SILENT and 0 or age
end

local hold, holder
local function hold_at(id, name)
	if id and not ignored[name] and (not hold or before(id, hold)) then
		hold, holder = id, name
	end
end

-- The id below which entries exceed ENTRIES, as far as PAGES pages tell; pages beyond
-- the id most are not read.
local function id_of_surplus(most)
	local surplus = stream.length - ENTRIES
	local at, from = nil, '-'
	for _ = 1, PAGES do
		local page = surplus > 0 and (not most or not at or before(at, most))
			and redis.call('XRANGE', KEYS[1], from, '+', 'COUNT',
				math.min(surplus, PAGE)) or {}
		if #page == 0 then
			break
		end
		at = page[#page][1]
		from = '(' .. at
		surplus = surplus - #page
	end
	local msecs, seq = string.match(at or '', '^(%d+)-(%d+)$')
	return seq and #seq < 16 and msecs .. '-' .. whole(seq + 1) or at
end

-- Redis removes whole nodes, which is cheap; by default at most a hundred in a call.
local function trim(...)
	return LOOKS and 0 or redis.call('XTRIM', KEYS[1], ...)
end

local old = AGE > 0 and whole(math.max(now - AGE, 0)) .. '-0' or '0-0'
local function trim_settled()
	local to = old
	if ENTRIES > 0 and stream.length > ENTRIES and not LOOKS then
		local surplus = id_of_surplus(hold)
		to = surplus and before(to, surplus) and surplus or to
	end
	if hold and before(hold, to) then
		to = hold
	end
	return trim('MINID', '~', to)
end

local function trim_all()
	local count = trim('MINID', '~', old)
	if ENTRIES > 0 then
		count = count + trim('MAXLEN', '~', ENTRIES)
	end
	return count
end

-- No age follows from an id of another clock: see redis_numbers.h.
local function age_of(id)
	local msecs = tonumber(string.match(id or '', '^(%d+)-') or '')
	return msecs and msecs >= 1e12 and msecs <= now + 10000 and
		math.max(now - msecs, 0) or -1
end

read_stream()
local pending = {}
for _, group in ipairs(groups) do
	pending[group.name] = redis.call('XPENDING', KEYS[1], group.name)
	local oldest = pending[group.name][2]
	account(group, oldest)
	if configured[group.name] then
		note_done(group, oldest)
	end
	hold_at(hold_of(group, oldest), group.name)
end
local rows, there, trimmed = {}, {}, 0
for _, group in ipairs(groups) do
	there[group.name] = true
end
for name, start in pairs(configured) do
	if not there[name] then
		hold_at(hold_of_absent(name, start), name)
	end
end
-- Without any group it is unknown which entries are needed: nothing is removed.
if stream and (#groups > 0 or DROPS) then
	trimmed = DROPS and trim_all() or trim_settled()
end
if stream and CEILING > 0 and stream.length - trimmed > CEILING then
	trimmed = trimmed + trim('MAXLEN', '~', CEILING)
end
if trimmed > 0 then
	read_stream()
end
for n, group in ipairs(groups) do
	local count, oldest = unpack(pending[group.name], 1, 2)
	if trimmed > 0 then
		account(group, oldest)
	end
	rows[n] = {group.name, dropped[group.name],
		ignored[group.name] and 0 or silence_of(group),
		group.behind, group.behind == 0 and 0 or age_of(group.first),
		count, count == 0 and 0 or age_of(oldest),
		skipped[group.name] or 0, moved[group.name] or 0}
end
local ages = {0, -1, -1}
if stream then
	ages = {stream['entries-added'],
		stream.length > 0 and age_of(stream['recorded-first-entry-id']) or -1,
		stream['entries-added'] > 0 and age_of(stream['last-generated-id']) or -1}
end
return {trimmed, hold or '', holder or '', old, stream and stream.length or 0,
	rows, ages}
