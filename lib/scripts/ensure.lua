-- Make sure that the group is there.
-- KEYS: stream, books   ARGV: group, where a new group starts, '1' if we saw it
-- A group that we saw, or that has kept books, was there before and vanished: it
-- starts again at the first entry, so that nothing is skipped.
-- Returns 'there', 'new' or 'again'.
if not redis.REDIS_VERSION_NUM then
	return redis.error_reply('TOOOLD ordermq needs Redis 7.0 or Valkey')
end
if redis.call('EXISTS', KEYS[1]) == 1 then
	for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
		for n = 1, #group, 2 do
			if group[n] == 'name' and group[n + 1] == ARGV[1] then
				return 'there'
			end
		end
	end
end
local known = ARGV[3] == '1' or redis.call('EXISTS', KEYS[2]) == 1
redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], known and '0' or ARGV[2],
	'MKSTREAM')
return known and 'again' or 'new'
