-- Decide on one request of a flash sale, and publish the order if it is
-- accepted, in one atomic step. The clock is that of Redis, whichever host asks.
-- KEYS: stream, the terms of the voucher, its buyers, its orders
-- ARGV: user, order number
-- Returns 'accepted' or 'already bought' with the order number and the entry id
-- of the user's order; 'before' or 'after' with the moment, in milliseconds, at
-- which the sale begins or ended; 'sold out'; 'unknown voucher'; or 'taken': the
-- order number is another user's.
-- A request that is repeated with its order number, after a lost answer, is
-- accepted again, also when the sale is over.
local user, orderno = ARGV[1], ARGV[2]

local function wrong(key, what)
	error({err = 'WRONGTYPE ' .. key .. ' ' .. what})
end
local bought = redis.call('HGET', KEYS[3], user)
if bought then
	local id, first = string.match(bought, '^(%d+%-%d+)\t(.+)$')
	if not id then
		wrong(KEYS[3], 'holds what is no order')
	end
	return {first == orderno and 'accepted' or 'already bought', first, id}
end

local terms = redis.call('HMGET', KEYS[2], 'left', 'begins', 'ends', 'expires',
	'fields')
if not terms[1] then
	return {'unknown voucher'}
end
-- A whole number as Redis writes it, or nil: a term that is not set is empty.
local function term(n, field)
	local number = tonumber(terms[n])
	if terms[n] ~= '' and (not number or number < 0 or number > 2^53 or
			terms[n] ~= string.format('%.0f', number)) then
		wrong(KEYS[2], 'field ' .. field .. ' is no number')
	end
	return number
end
local left = term(1, 'left') or wrong(KEYS[2], 'field left is no number')
local begins, ends = term(2, 'begins'), term(3, 'ends')
local expires = term(4, 'expires')
if begins or ends then
	local time = redis.call('TIME')
	local now = time[1] * 1000 + math.floor(time[2] / 1000)
	if begins and now < begins then
		return {'before', terms[2]}
	elseif ends and now >= ends then
		return {'after', terms[3]}
	end
end
if left == 0 then
	return {'sold out'}
elseif redis.call('HEXISTS', KEYS[4], orderno) == 1 then
	return {'taken'}
end

-- The names of the fields for the order number and the user, and behind them
-- the other fields and values of each entry.
local words = {}
for word in string.gmatch(terms[5] or '', '[^\t]+') do
	words[#words + 1] = word
end
if #words < 2 or #words % 2 == 1 then
	wrong(KEYS[2], 'field fields is none')
end

-- A published order must be noted as well, and Lua does not roll back: so every
-- permission is checked before the first write.
local function need(...)
	if not redis.acl_check_cmd(...) then
		local command, key = ...
		error({err = 'NOPERM no permission to ' .. command .. ' ' .. key})
	end
end
need('XADD', KEYS[1], '*', 'field', 'value')
need('HINCRBY', KEYS[2], 'left', -1)
need('HSET', KEYS[3], 'field', 'value')
need('HSET', KEYS[4], 'field', 'value')
if expires then
	need('PEXPIREAT', KEYS[3], expires)
	need('PEXPIREAT', KEYS[4], expires)
end
local id = redis.call('XADD', KEYS[1], '*', words[1], orderno, words[2], user,
	unpack(words, 3))
redis.call('HINCRBY', KEYS[2], 'left', -1)
redis.call('HSET', KEYS[3], user, id .. '\t' .. orderno)
redis.call('HSET', KEYS[4], orderno, user)
if expires and redis.call('HLEN', KEYS[3]) == 1 then
	redis.call('PEXPIREAT', KEYS[3], terms[4])
	redis.call('PEXPIREAT', KEYS[4], terms[4])
end
return {'accepted', orderno, id}
