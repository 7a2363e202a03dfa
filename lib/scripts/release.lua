-- Give the lease back: delete the consumer when nothing is pending for it, else
-- leave the rest to whoever looks next.
-- Returns 'ok' and how many entries are left.
local left = 0
for _, row in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1])[4] or {}) do
	if row[1] == ARGV[2] then
		left = tonumber(row[2])
	end
end
if left == 0 then
	redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
	redis.call('HDEL', KEYS[2], ARGV[2])
else
	local generation = string.match(owner, '^%S+ (%d+) ')
	redis.call('HSET', KEYS[2], ARGV[2], '- ' .. generation .. ' 0 -')
end
return {'ok', left}
