-- Credit the points of entries and acknowledge them: all of them, or none. Lua
-- does not roll back, so everything that can fail is read before the first write.
-- What is written is absolute, never an increment: a server that runs the torn end
-- of its AOF and then the repetition of it comes to the right sums.
-- An event counts once. Another entry with its account and amount is a duplicate:
-- it is acknowledged and counted in this call, like an event that is new. With
-- another account or amount it is a conflict. Of two entries of one call the first
-- is the event. An entry in conflict, and one whose balance cannot be added to,
-- must go alone.
-- KEYS[5..6]: ledger, balance
-- ARGV[4..6]: how many entries, how many accounts, and 1 when an event key is
-- there twice
-- ARGV[7..]: ids, event keys, event key and line for the ledger by turns,
-- accounts, what each account gets from the first entries of its event keys; no
-- account is there twice.
-- A line is account, amount, points, rule, entry id and time, parted by tabs.
-- Returns 'ok' and how many entries were not pending any more; with nothing
-- changed 'split' and the positions of the entries that must go alone, from 1; or
-- for a single entry 'reject', class and reason.
local call, find, match = redis.call, string.find, string.match
local EXACT = 9007199254740991 -- 2^53 - 1: beyond it a sum may be inexact
local count, account_count = tonumber(ARGV[4]), tonumber(ARGV[5])
local IDS = 7
local EVENTS = IDS + count
local LINES = EVENTS + count
local ACCOUNTS = LINES + 2 * count
local CHANGES = ACCOUNTS + account_count

local missing = lacks_settling() or lacks('HSET', KEYS[5], '', '') or
	lacks('HSET', KEYS[6], '', '')
if missing then
	return missing
end

local books = call('HMGET', KEYS[3], 'applied', 'duplicate')
for n, book in ipairs({'applied', 'duplicate'}) do
	if books[n] and not find(books[n], '^%d+$') then
		return redis.error_reply('WRONGTYPE ' .. KEYS[3] .. ' field ' ..
			book .. ' is no number')
	end
end

-- What is new, and what its accounts get: texts of a list from one index to
-- another. If nothing is unusual, they are the arguments as they came.
local ids, first_id, last_id = ARGV, IDS, EVENTS - 1
local lines, first_line, last_line = ARGV, LINES, ACCOUNTS - 1
local accounts, first_account, last_account = ARGV, ACCOUNTS, CHANGES - 1
local changes, first_change = ARGV, CHANGES
local duplicates = {}
local bad_accounts, bad_events, is_bad = {}, {}, false

local function key_and_line(n)
	return ARGV[LINES + 2 * n - 2], ARGV[LINES + 2 * n - 1]
end

local function what_and_whom(line)
	return match(line, '^[^\t]*\t[^\t]*\t')
end

local places = {}
local function change_add(line)
	local account, points = match(line, '^([^\t]*)\t[^\t]*\t([^\t]*)')
	local place = places[account]
	if not place then
		place = #accounts + 1
		places[account], accounts[place], changes[place] = place, account, 0
	end
	local sum = changes[place] + points
	changes[place] = sum
	if sum > EXACT or sum < -EXACT then
		bad_accounts[account], is_bad = true, true
	end
end

-- Part the entries: those that are new, duplicates, and conflicts.
local function part(known)
	local seen = {}
	local new_count, duplicate_count = 0, 0
	ids, lines, accounts, changes = {}, {}, {}, {}
	for n = 1, count do
		local id, key, line = ARGV[IDS + n - 1], key_and_line(n)
		local event = known[n] or seen[key]
		if not event then
			seen[key] = line
			new_count = new_count + 1
			ids[new_count] = id
			lines[2 * new_count - 1], lines[2 * new_count] = key, line
			change_add(line)
		elseif what_and_whom(event) == what_and_whom(line) then
			duplicate_count = duplicate_count + 1
			duplicates[duplicate_count] = id
		else
			bad_events[n], is_bad = true, true
		end
	end
	first_id, last_id = 1, new_count
	first_line, last_line = 1, 2 * new_count
	first_account, last_account, first_change = 1, #accounts, 1
end

-- A new balance, or nil: no sum fits, or the old one is no whole number that a
-- script reads exactly.
local function sum_of(balance, change)
	local old = tonumber(balance)
	local sum = old and old % 1 == 0 and math.abs(old) <= EXACT and old + change
	return sum and math.abs(sum) <= EXACT and sum or nil
end

-- Put account and new balance there by turns; without a balance yet it is what is
-- added, as it came. Returns false when it met anything unusual, and raises an error
-- at a balance that is no number: to ask before each one takes a twentieth of the
-- time of the script.
local function sums_add(sums, balances)
	local a, c = first_account - 1, first_change - 1
	for n = 1, #balances do
		local balance, sum = balances[n], changes[c + n]
		if balance then
			sum = balance + sum
			if sum > EXACT or sum < -EXACT or sum % 1 ~= 0 or
					#balance > 15 then
				return false
			end
		end
		sums[2 * n - 1], sums[2 * n] = accounts[a + n], sum
	end
	return true
end

-- Likewise, and finds the accounts that cannot be added to.
local function sums_add_each(sums, balances)
	for n = 1, #balances do
		local account = accounts[first_account + n - 1]
		local sum = sum_of(balances[n] or 0, changes[first_change + n - 1])
		if not sum then
			bad_accounts[account], is_bad = true, true
		end
		sums[2 * n - 1], sums[2 * n] = account, sum
	end
end

local function sums_of_accounts()
	local sums = {}
	local balances = call('HMGET', KEYS[6],
		unpack(accounts, first_account, last_account))
	local ran, usual = pcall(sums_add, sums, balances)
	if not ran or not usual then
		sums_add_each(sums, balances)
	end
	return sums
end

-- What is to be settled after an entry of its event key must go alone, too.
local function split(known)
	local positions, keys = {'split'}, {}
	for n = 1, count do
		local key, line = key_and_line(n)
		if bad_events[n] or keys[key] or not known[n] and
				bad_accounts[match(line, '^[^\t]*')] then
			keys[key] = true
			positions[#positions + 1] = n
		end
	end
	return positions
end

local function reject()
	if bad_events[1] then
		return {'reject', 'conflict', 'event ' .. ARGV[EVENTS] ..
			' is in the ledger with another account or amount'}
	end
	return {'reject', 'balance', 'the balance is no number, or would leave ' ..
		'the range of exact numbers'}
end

local known = call('HMGET', KEYS[5], unpack(ARGV, EVENTS, LINES - 1))
local is_usual = ARGV[6] ~= '1'
for n = 1, count do
	is_usual = is_usual and not known[n]
end
if not is_usual then
	part(known)
end
local sums = last_account >= first_account and sums_of_accounts()
if is_bad then
	return count > 1 and split(known) or reject()
end

local applied, acked = last_id - first_id + 1, 0
if applied > 0 then
	call('HSET', KEYS[5], unpack(lines, first_line, last_line))
	call('HSET', KEYS[6], unpack(sums))
end
if #duplicates > 0 then
	acked = call('XACK', KEYS[1], ARGV[1], unpack(duplicates))
end
if acked > 0 then
	call('HSET', KEYS[3], 'duplicate', (books[2] or 0) + acked)
end
if applied > 0 then
	call('HSET', KEYS[3], 'applied', (books[1] or 0) + applied)
	local fresh = call('XACK', KEYS[1], ARGV[1], unpack(ids, first_id, last_id))
	acked = acked + fresh
	if fresh < applied then
		account_early({unpack(ids, first_id, last_id)})
	end
end
forget(unpack(ARGV, IDS, EVENTS - 1))
return {'ok', count - acked}
