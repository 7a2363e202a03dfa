-- Credit the points of entries and acknowledge them: all of it, or nothing.
-- Lua does not roll back. So what can fail is read before the first write, but
-- balances: HINCRBY refuses what a read would have to, and tells the sum, so they
-- are added to first, and what was added is taken back. Anything unusual returns
-- with nothing changed, and is then settled an entry a call.
-- KEYS[5..6]: ledger, balance
-- ARGV[4..5]: how many entries, how many accounts
-- ARGV[6..]: ids, event keys, event key and line for the ledger by turns,
-- accounts, what each account gets; no key and no account is there twice.
-- A line is account, amount, points, rule, entry id and time, parted by tabs.
-- Returns 'ok' and how many entries were not pending any more; 'split'; or for a
-- single entry 'reject', class and reason.
local call, find = redis.call, string.find
local EXACT = 9007199254740991 -- 2^53 - 1: beyond it a sum may be inexact
local count, account_count = tonumber(ARGV[4]), tonumber(ARGV[5])
local IDS = 6
local EVENTS = IDS + count
local LINES = EVENTS + count
local ACCOUNTS = LINES + 2 * count
local CHANGES = ACCOUNTS + account_count

local function acknowledge(book)
	local acked = call('XACK', KEYS[1], ARGV[1], unpack(ARGV, IDS, EVENTS - 1))
	forget(unpack(ARGV, IDS, EVENTS - 1))
	if acked > 0 and book ~= 'applied' then
		call('HINCRBY', KEYS[3], book, acked)
	end
	return {'ok', count - acked}
end

for _, book in ipairs({'applied', 'duplicate'}) do
	local number = call('HGET', KEYS[3], book)
	if number and not find(number, '^%d+$') then
		return redis.error_reply('WRONGTYPE ' .. KEYS[3] .. ' field ' ..
			book .. ' is no number')
	end
end

local function what_and_whom(line)
	return string.match(line, '^[^\t]*\t[^\t]*\t')
end

local known = call('HMGET', KEYS[5], unpack(ARGV, EVENTS, LINES - 1))
for n = 1, count do
	if known[n] then
		if count > 1 then
			return {'split'}
		end
		if what_and_whom(known[n]) == what_and_whom(ARGV[LINES + 1]) then
			return acknowledge('duplicate')
		end
		return {'reject', 'conflict', 'event ' .. ARGV[EVENTS] ..
			' is in the ledger with another account or amount'}
	end
end

-- Before Redis 7.2, a right that is missing is an ERR like that of a bad value.
if not redis.acl_check_cmd('HINCRBY', KEYS[6], '', '0') then
	return redis.error_reply('NOPERM no permission to HINCRBY ' .. KEYS[6])
end

-- Take back what the first accounts were given: it was exact, and fits again.
local function take_back(given)
	for n = 0, given - 1 do
		local change = tonumber(ARGV[CHANGES + n])
		if change ~= 0 then
			call('HINCRBY', KEYS[6], ARGV[ACCOUNTS + n],
				string.format('%.0f', -change))
		end
	end
end

for n = 0, account_count - 1 do
	local sum = redis.pcall('HINCRBY', KEYS[6], ARGV[ACCOUNTS + n],
		ARGV[CHANGES + n])
	local failed = type(sum) == 'table'
	if failed or sum > EXACT or sum < -EXACT then
		take_back(failed and n or n + 1)
		if failed and not find(sum.err, '^ERR ') then
			return sum -- not about the value: all of the key, the server
		end
		if count > 1 then
			return {'split'}
		end
		return {'reject', 'balance', failed and 'the balance is no ' ..
			'number, or no sum fits' or 'the balance would leave ' ..
			'the range of exact numbers'}
	end
end

call('HSET', KEYS[5], unpack(ARGV, LINES, ACCOUNTS - 1))
call('HINCRBY', KEYS[3], 'applied', count)
return acknowledge('applied')
