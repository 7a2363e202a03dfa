-- Renew the lease and do nothing else: for a handler that is at work, where what
-- nobody holds is not looked for.
-- ARGV[4..5]: ttl, who
-- Returns 'ok' and 0.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. ' ' ..
	string.format('%.0f', now + ARGV[4]) .. ' ' .. ARGV[5])
return {'ok', 0}
