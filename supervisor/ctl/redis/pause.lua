-- Pause a group. A pause that stands already is kept: its reason may still hold.
-- KEYS: P:<group>:paused   ARGV: who, why
-- Returns 1; or 0 when it is paused already.
if redis.call('EXISTS', KEYS[1]) == 1 then
	return 0
end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'who', ARGV[1], 'why', ARGV[2], 'when',
	time[1] .. string.format('%03d', math.floor(time[2] / 1000)))
return 1
