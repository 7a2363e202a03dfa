-- Note that entries failed, and when each is to be tried again.
-- ARGV[4..]: id, attempts, milliseconds to wait, error; for each entry
-- Returns 'ok' and how many entries were not pending any more.
local short = 0
for n = 4, #ARGV, 4 do
	local id = ARGV[n]
	local row = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2])[1]
	if row then
		local tries = tries_of(id)
		tries.attempts = ARGV[n + 1]
		tries.due = now + ARGV[n + 2]
		tries.failure = ARGV[n + 3]
		tries_note(id, tries, row)
	else
		short = short + 1
	end
end
return {'ok', short}
