-- Add the amounts of entries to the totals of their days and countries, and
-- acknowledge them: all of it, or nothing. Everything that can fail is read before
-- the first write, since Lua does not roll back, and what is written is absolute:
-- see consumers/ledger.lua, also for what is a duplicate and what goes alone.
-- KEYS[5..6]: events, totals
-- ARGV[4..]: entry id, event key, day, country, amount; again for each entry
-- An event is noted as amount, country and day, parted by tabs.
-- Returns what consumers/ledger.lua does.
local call, find = redis.call, string.find
local EXACT = 9007199254740991 -- 2^53 - 1: beyond it a sum may be inexact
local FIRST, WORDS = 4, 5
local count = (#ARGV - FIRST + 1) / WORDS

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

local function known_events()
	local keys = {}
	for n = 1, count do
		keys[n] = ARGV[FIRST + WORDS * (n - 1) + 1]
	end
	return call('HMGET', KEYS[5], unpack(keys))
end

-- Totals by their field, as they will be; false: no number, or none that is exact.
local sums = {}

local function total_of(field)
	local text = call('HGET', KEYS[6], field) or '0'
	local total = find(text, '^-?%d+$') and tonumber(text)
	return total and math.abs(total) <= EXACT and total
end

-- Returns whether the amount was added to the total of the field.
local function sum_add(field, amount)
	if sums[field] == nil then
		sums[field] = total_of(field)
	end
	local sum = sums[field] and sums[field] + amount
	if not sum or math.abs(sum) > EXACT then
		return false
	end
	sums[field] = sum
	return true
end

local known = known_events()
local ids, notes, duplicates = {}, {}, {}
local seen, alone, reasons = {}, {}, {}
for n = 1, count do
	local first = FIRST + WORDS * (n - 1)
	local id, event, day, country, amount = unpack(ARGV, first, first + WORDS - 1)
	local what = amount .. '\t' .. country .. '\t'
	local before = known[n] or seen[event]
	if reasons[event] then
		alone[#alone + 1] = n -- after that one, which is alone
	elseif not before then
		if sum_add(day .. ' ' .. country, amount) then
			ids[#ids + 1] = id
			notes[#notes + 1], notes[#notes + 2] = event, what .. day
			seen[event] = what
		else
			alone[#alone + 1] = n
			reasons[event] = {'total', 'the total of ' .. day .. ' ' ..
				country .. ' is no number, or would not be exact'}
		end
	elseif string.sub(before, 1, #what) == what then
		duplicates[#duplicates + 1] = id
	else
		alone[#alone + 1] = n
		reasons[event] = {'conflict', 'event ' .. event ..
			' was counted with another country or amount'}
	end
end

if #alone > 0 then
	if count > 1 then
		return {'split', unpack(alone)}
	end
	local _, reason = next(reasons)
	return {'reject', unpack(reason)}
end

local acked = 0
if #ids > 0 then
	local totals = {}
	for field, sum in pairs(sums) do
		totals[#totals + 1], totals[#totals + 2] = field, sum
	end
	call('HSET', KEYS[5], unpack(notes))
	call('HSET', KEYS[6], unpack(totals))
end
if #duplicates > 0 then
	acked = call('XACK', KEYS[1], ARGV[1], unpack(duplicates))
end
if acked > 0 then
	call('HSET', KEYS[3], 'duplicate', (books[2] or 0) + acked)
end
if #ids > 0 then
	call('HSET', KEYS[3], 'applied', (books[1] or 0) + #ids)
	local fresh = call('XACK', KEYS[1], ARGV[1], unpack(ids))
	acked = acked + fresh
	if fresh < #ids then
		account_early(ids)
	end
	forget(unpack(ids))
end
if #duplicates > 0 then
	forget(unpack(duplicates))
end
return {'ok', count - acked}
