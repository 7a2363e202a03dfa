-- The state of a flash sale, at one moment.
-- KEYS: the terms of the voucher, its buyers
-- Returns the time in milliseconds, the number sold, and the terms.
local time = redis.call('TIME')
return {time[1] * 1000 + math.floor(time[2] / 1000),
	redis.call('HLEN', KEYS[2]), redis.call('HGETALL', KEYS[1])}
