-- Count the dead letters of a group. Letters that somebody has trimmed from the front
-- are not counted.
-- KEYS: dead letters, P:<group>:dead
-- Returns how many there are, the time of the first one in milliseconds ('' for
-- none), and how many there are of all groups.
local all = redis.call('XLEN', KEYS[1])
if all == 0 or redis.call('ZCARD', KEYS[2]) == 0 then
	return {0, '', all}
end
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local since = string.match(first[1], '^%d+')
local count = redis.call('ZCOUNT', KEYS[2], since, '+inf')
local oldest = redis.call('ZRANGEBYSCORE', KEYS[2], since, '+inf', 'WITHSCORES',
	'LIMIT', 0, 1)
return {math.min(count, all),
	oldest[2] and string.format('%.0f', oldest[2]) or '', all}
