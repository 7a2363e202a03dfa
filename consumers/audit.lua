-- Add the amounts of entries to the totals of their days and countries, and
-- acknowledge them: all of it, or nothing. Everything that can fail is read first,
-- since Lua does not roll back; anything unusual returns before the first write,
-- and is then settled an entry a call.
-- KEYS[5..6]: events, totals
-- ARGV[4..]: entry id, event key, day, country, amount; again for each entry
-- Returns what consumers/ledger.lua does.
local call = redis.call
local EXACT = 9007199254740991 -- 2^53 - 1: beyond it a sum may be inexact
local ids, events, sums = {}, {}, {}

local function settle(book)
	local acked = call('XACK', KEYS[1], ARGV[1], unpack(ids))
	forget(unpack(ids))
	call('HINCRBY', KEYS[3], book, book == 'applied' and #ids or acked)
	return {'ok', #ids - acked}
end

for _, book in ipairs({'applied', 'duplicate'}) do
	if not string.match(call('HGET', KEYS[3], book) or '0', '^%d+$') then
		return redis.error_reply('WRONGTYPE ' .. KEYS[3] .. ' field ' ..
			book .. ' is no number')
	end
end

for n = 4, #ARGV, 5 do
	local id, event, day, country, amount = unpack(ARGV, n, n + 4)
	local what = amount .. '\t' .. country .. '\t'
	local field = day .. ' ' .. country
	local known = events[event] or call('HGET', KEYS[5], event)
	local total = sums[field] or call('HGET', KEYS[6], field) or '0'
	local sum = string.match(total, '^-?%d+$') and total + amount
	ids[#ids + 1] = id
	if (known or not sum or math.abs(sum) > EXACT) and #ARGV > 8 then
		return {'split'}
	elseif known and string.sub(known, 1, #what) == what then
		return settle('duplicate')
	elseif known then
		return {'reject', 'conflict', 'event ' .. event ..
			' was counted with another country or amount'}
	elseif not sum or math.abs(sum) > EXACT then
		return {'reject', 'total', 'the total of ' .. field ..
			' is no number, or would not be exact'}
	end
	events[event], sums[field] = what .. day, string.format('%.0f', sum)
end

for event, line in pairs(events) do
	call('HSET', KEYS[5], event, line)
end
for field, sum in pairs(sums) do
	call('HSET', KEYS[6], field, sum)
end
return settle('applied')
