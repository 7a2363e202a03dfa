-- Note that the process before us died on an entry. Another consumer may have
-- taken it over since then: it is noted all the same, or an entry could go from
-- one dying process to the next for ever.
-- ARGV[4..8]: id, 'crashes' or 'kills', error, and how many crashes and how many
-- kills are too many
-- Returns 'ok', and how many crashes and kills there were on it: none when it is
-- settled. With too many of them it is pending for us now, to be dead-lettered.
local id = ARGV[4]
local row = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
if not row then
	return {'ok', 0, 0}
end
local tries = tries_of(id)
tries[ARGV[5]] = tries[ARGV[5]] + 1
tries.failure = ARGV[6]
tries_note(id, tries, row)
if row[2] ~= ARGV[2] and (tries.crashes >= tonumber(ARGV[7]) or
		tries.kills >= tonumber(ARGV[8])) then
	-- XCLAIM drops what was deleted from the stream while it was pending.
	if #redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id,
			'JUSTID') == 0 then
		redis.call('HINCRBY', KEYS[3], 'lost', 1)
		forget(id)
		return {'ok', 0, 0}
	end
end
return {'ok', tries.crashes, tries.kills}
