-- Acknowledge entries and count them, each under the book it belongs to.
-- ARGV[4..]: book, how many, id, id, ...; again for each book
-- Returns 'ok' and how many entries were not pending any more.
local missing = lacks('XACK', KEYS[1], '', '0') or
	lacks('HINCRBY', KEYS[3], '', '1')
if missing then
	return missing
end

local n = 4
while n <= #ARGV do
	local count = redis.call('HGET', KEYS[3], ARGV[n])
	if count and not string.match(count, '^%d+$') then
		return redis.error_reply('WRONGTYPE ' .. KEYS[3] .. ' field ' ..
			ARGV[n] .. ' is no number')
	end
	n = n + 2 + tonumber(ARGV[n + 1])
end

local short = 0
n = 4
while n <= #ARGV do
	local count = tonumber(ARGV[n + 1])
	local acked = redis.call('XACK', KEYS[1], ARGV[1],
		unpack(ARGV, n + 2, n + 1 + count))
	if acked > 0 then
		redis.call('HINCRBY', KEYS[3], ARGV[n], acked)
	end
	forget(unpack(ARGV, n + 2, n + 1 + count))
	short = short + count - acked
	n = n + 2 + count
end
return {'ok', short}
