-- Set the terms of a flash sale. The stock is all that is ever sold: sales before
-- count, and to set equal terms again changes nothing.
-- KEYS: the terms of the voucher, its buyers, its orders
-- ARGV: 'new' or 'replace', then stock, begins, ends, expires (moments in
-- milliseconds), amount and fields; a term that is not set is empty
-- Returns 'loaded' and the number sold; or, with nothing changed, 'other' and the
-- stock of the other terms, 'sold' and the number sold, which is above the stock,
-- or 'past': the terms would expire at once.
local names = {'stock', 'begins', 'ends', 'expires', 'amount', 'fields'}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local there = redis.call('HMGET', KEYS[1], unpack(names))
local sold = redis.call('HLEN', KEYS[2])
local stock, expires = tonumber(ARGV[2]), ARGV[5]

local same, pairs = true, {'left', string.format('%.0f', stock - sold)}
for n, name in ipairs(names) do
	same = same and there[n] == ARGV[n + 1]
	pairs[#pairs + 1] = name
	pairs[#pairs + 1] = ARGV[n + 1]
end
if same then
	return {'loaded', sold}
elseif there[1] and ARGV[1] ~= 'replace' then
	return {'other', there[1]}
elseif sold > stock then
	return {'sold', sold}
elseif expires ~= '' and tonumber(expires) <= now then
	return {'past'}
end

-- Terms that were set in part would pass for equal ones the next time: so every
-- permission is checked before the first write.
for _, command in ipairs({'HSET', 'PERSIST', 'PEXPIREAT'}) do
	local words = {command, KEYS[1], command ~= 'PERSIST' and '1' or nil,
		command == 'HSET' and '1' or nil}
	if not redis.acl_check_cmd(unpack(words)) then
		error({err = 'NOPERM no permission to ' .. command .. ' ' .. KEYS[1]})
	end
end
redis.call('HSET', KEYS[1], unpack(pairs))
for _, key in ipairs(KEYS) do
	if expires == '' then
		redis.call('PERSIST', key)
	else
		redis.call('PEXPIREAT', key, expires)
	end
end
return {'loaded', sold}
