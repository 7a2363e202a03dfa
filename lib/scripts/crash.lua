-- Note that the process before us died on an entry.
-- ARGV[4..6]: id, 'crashes' or 'kills', error
-- Returns 'ok', and how many crashes and kills there were on it: none when it is
-- not pending for us any more.
local id = ARGV[4]
local row = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2])[1]
if not row then
	return {'ok', 0, 0}
end
local tries = tries_of(id)
tries[ARGV[5]] = tries[ARGV[5]] + 1
tries.failure = ARGV[6]
tries_note(id, tries, row)
return {'ok', tries.crashes, tries.kills}
