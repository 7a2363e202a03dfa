-- Note that entries failed, and when each is to be tried again.
-- ARGV[4..]: id, attempts, milliseconds to wait, error; for each entry
-- Returns 'ok' and how many entries were not pending any more.
local short = 0
for n = 4, #ARGV, 4 do
	local id = ARGV[n]
	local pending = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2])
	if #pending == 0 then
		short = short + 1
	else
		local tries = tries_of(id)
		redis.call('HSET', KEYS[4], id, table.concat({ARGV[n + 1],
			tries.crashes, whole(tries.first or now - pending[1][3]),
			whole(now + ARGV[n + 2]), ARGV[n + 3]}, '\t'))
	end
end
return {'ok', short}
