-- Credit the points of entries and acknowledge them: all of it, or nothing.
-- Everything that can fail is read first, since Lua does not roll back; anything
-- unusual returns before the first write, and is then settled an entry a call.
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

local balances = call('HMGET', KEYS[6], unpack(ARGV, ACCOUNTS, CHANGES - 1))
for n = 1, account_count do
	local balance = balances[n]
	if balance then
		-- As HINCRBY reads it: no zero in front, no minus zero.
		local number = find(balance, '^-?[1-9]%d*$') or balance == '0'
		local sum = number and balance + ARGV[CHANGES + n - 1]
		if not sum or sum > EXACT or sum < -EXACT or
				math.abs(balance) > EXACT then
			if count > 1 then
				return {'split'}
			end
			return {'reject', 'balance', sum and 'the balance would ' ..
				'leave the range of exact numbers' or
				'the balance is no number'}
		end
	end
end

call('HSET', KEYS[5], unpack(ARGV, LINES, ACCOUNTS - 1))
for n = 0, account_count - 1 do
	call('HINCRBY', KEYS[6], ARGV[ACCOUNTS + n], ARGV[CHANGES + n])
end
call('HINCRBY', KEYS[3], 'applied', count)
return acknowledge('applied')
