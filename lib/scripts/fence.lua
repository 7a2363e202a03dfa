-- Every script that settles, claims or renews begins with this: is the lease
-- of this consumer still ours?
-- KEYS: stream, owners, books, tries, ...   ARGV: group, consumer, token, ...
local owner = redis.call('HGET', KEYS[2], ARGV[2])
if not owner or string.sub(owner, 1, #ARGV[3] + 1) ~= ARGV[3] .. ' ' then
	return {'lost'}
end

-- What was noted of tries of these entries; nothing is, as a rule.
local function forget(...)
	if redis.call('EXISTS', KEYS[4]) == 1 then
		redis.call('HDEL', KEYS[4], ...)
	end
end
