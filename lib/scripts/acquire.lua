-- Take the lease of a consumer: node id, generation, expiry, and who it is in
-- words. The same node takes it at once, another one only when it was released
-- or has expired. Each time it is taken the generation grows, so that whoever
-- had it before is fenced off; it begins with the time, so that it grows also
-- over a consumer that was deleted. A lease beyond the longest owner_ttl there is
-- was written by a clock that has been set back: see beat.lua.
-- KEYS: stream, owners   ARGV: group, consumer, node id, ttl, who
-- Returns 'ok' and the token; or 'held', the holder in words, and the expiry.
local LEASE_MAX = 600000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local owner = redis.call('HGET', KEYS[2], ARGV[2])
local generation = 0
if owner then
	local node, old, expiry, who =
		string.match(owner, '^(%S+) (%d+) (%d+) (.*)$')
	local ahead = node and node ~= '-' and node ~= ARGV[3] and
		tonumber(expiry) - now or 0
	if ahead > 0 and ahead <= LEASE_MAX then
		return {'held', who, expiry}
	end
	generation = tonumber(old) or 0
end
local token = ARGV[3] .. ' ' ..
	string.format('%.0f', math.max(generation + 1, now))
redis.call('XGROUP', 'CREATECONSUMER', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[2], token .. ' ' ..
	string.format('%.0f', now + ARGV[4]) .. ' ' .. ARGV[5])
return {'ok', token}
