-- Credit the points of entries and acknowledge them: all of it, or nothing.
-- Everything that can fail is read first, since Lua does not roll back; anything
-- unusual returns before the first write, and is then settled an entry a call.
-- KEYS[5..6]: ledger, balance
-- ARGV[4..5]: time, rule
-- ARGV[6..]: id, event key, account, amount, points; for each entry
-- Returns 'ok' and how many entries were not pending any more; 'split'; or for a
-- single entry 'reject', class and reason.
local FIRST, WIDTH = 6, 5
local EXACT = 9007199254740991 -- 2^53 - 1: beyond it a sum may be inexact
local count = (#ARGV - FIRST + 1) / WIDTH

local ids, keys, accounts, change = {}, {}, {}, {}
local seen = {}
local wide = false -- a sum was out of range on its way
for n = FIRST, #ARGV, WIDTH do
	local id, key, account, points =
		ARGV[n], ARGV[n + 1], ARGV[n + 2], tonumber(ARGV[n + 4])
	if seen[key] then
		return {'split'}
	end
	seen[key] = true
	ids[#ids + 1] = id
	keys[#keys + 1] = key
	if not change[account] then
		change[account] = 0
		accounts[#accounts + 1] = account
	end
	change[account] = change[account] + points
	wide = wide or math.abs(change[account]) > EXACT
end
if wide and count > 1 then
	return {'split'}
end

local function acknowledge(book)
	local acked = redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
	forget(unpack(ids))
	if acked > 0 and book ~= 'applied' then
		redis.call('HINCRBY', KEYS[3], book, acked)
	end
	return {'ok', count - acked}
end

for _, book in ipairs({'applied', 'duplicate'}) do
	local number = redis.call('HGET', KEYS[3], book)
	if number and not string.match(number, '^%d+$') then
		return redis.error_reply('WRONGTYPE ' .. KEYS[3] .. ' field ' ..
			book .. ' is no number')
	end
end
local known = redis.call('HMGET', KEYS[5], unpack(keys))
for n = 1, count do
	if known[n] then
		if count > 1 then
			return {'split'}
		end
		local account, amount = string.match(known[n], '^([^\t]*)\t([^\t]*)\t')
		if account == ARGV[FIRST + 2] and amount == ARGV[FIRST + 3] then
			return acknowledge('duplicate')
		end
		return {'reject', 'conflict', 'event ' .. keys[n] ..
			' is in the ledger with another account or amount'}
	end
end

local balances = redis.call('HMGET', KEYS[6], unpack(accounts))
for n, account in ipairs(accounts) do
	local balance = balances[n] or '0'
	-- As HINCRBY reads it: no zero in front, no minus zero.
	local number = balance == '0' or string.match(balance, '^-?[1-9]%d*$')
	local sum = number and tonumber(balance) + change[account]
	if not sum or math.abs(sum) > EXACT or math.abs(change[account]) > EXACT or
			math.abs(tonumber(balance)) > EXACT then
		if count > 1 then
			return {'split'}
		end
		return {'reject', 'balance', sum and 'the balance would leave the ' ..
			'range of exact numbers' or 'the balance is no number'}
	end
end

local lines = {}
for n = FIRST, #ARGV, WIDTH do
	lines[#lines + 1] = ARGV[n + 1]
	lines[#lines + 1] = table.concat({ARGV[n + 2], ARGV[n + 3], ARGV[n + 4],
		ARGV[5], ARGV[n], ARGV[4]}, '\t')
end
redis.call('HSET', KEYS[5], unpack(lines))
for _, account in ipairs(accounts) do
	redis.call('HINCRBY', KEYS[6], account,
		string.format('%.0f', change[account]))
end
redis.call('HINCRBY', KEYS[3], 'applied', count)
return acknowledge('applied')
