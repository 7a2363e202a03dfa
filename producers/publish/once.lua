-- Publish an order once: an order whose event key is known adds no entry. Two
-- hashes hold the known keys, from event key to entry id. New keys go into the
-- first; when it is as old as the window, it replaces the second, which is
-- dropped. So, while orders come, a key is known for at least the window and at
-- most twice that. The clock is that of Redis, whichever host asks.
-- KEYS: stream, P:once:new, P:once:old   ARGV: window in milliseconds, event key,
-- fields and values
-- Returns 'new' and the entry's id; or, with the id of the first entry, 'same',
-- 'other' (it has other fields) or 'gone' (it is not in the stream any more).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Two fields of a hash are no event keys, which all have a colon: 'since', the
-- time from which on it was filled, and 'for', the longest window asked for.
local function number(key, field, text, fallback)
	if not text then
		return fallback
	end
	return tonumber(text) or error({err = 'WRONGTYPE ' .. key .. ' field ' ..
		field .. ' is no number'})
end
local new = redis.call('HMGET', KEYS[2], 'since', 'for', ARGV[2])
local old = redis.call('HMGET', KEYS[3], 'for', ARGV[2])
local since = number(KEYS[2], 'since', new[1], now)
local new_for = math.max(tonumber(ARGV[1]), number(KEYS[2], 'for', new[2], 0))
local full = now - since >= math.max(new_for, number(KEYS[3], 'for', old[1], 0))

local function compare(id)
	local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
	if not entry then
		return 'gone'
	end
	local fields = entry[2]
	if #fields ~= #ARGV - 2 then
		return 'other'
	end
	for n, text in ipairs(fields) do
		if text ~= ARGV[n + 2] then
			return 'other'
		end
	end
	return 'same'
end
local id = new[3] or not full and old[2]
if id then
	return {compare(id), id}
end

-- An entry whose key cannot be kept could be published twice, and Lua does not
-- roll back: so every permission is checked before the first write.
local function need(...)
	if not redis.acl_check_cmd(...) then
		local command, key = ...
		error({err = 'NOPERM no permission to ' .. command .. ' ' .. key})
	end
end
need('XADD', KEYS[1], '*', 'field', 'value')
need('HSET', KEYS[2], 'field', 'value')
if full then
	need('UNLINK', KEYS[3])
	need('RENAME', KEYS[2], KEYS[3])
	redis.call('UNLINK', KEYS[3])
	redis.call('RENAME', KEYS[2], KEYS[3])
	since, new_for, new[1] = now, ARGV[1], false
end
id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 3))
redis.call('HSET', KEYS[2], ARGV[2], id)
if not new[1] or tonumber(new[2]) ~= tonumber(new_for) then
	redis.call('HSET', KEYS[2], 'since', string.format('%.0f', since),
		'for', string.format('%.0f', new_for))
end
return {'new', id}
