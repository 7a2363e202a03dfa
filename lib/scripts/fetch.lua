-- Entries that waited for their retry, by their ids: see entries.lua. What is not
-- pending for us any more is left out.
-- ARGV[4..]: how many bytes an entry may have, and the answer, id, id, ...
-- Returns 'ok', the list, and 1 when it does not hold all.
answer_begin(tonumber(ARGV[4]), tonumber(ARGV[5]))
for n = 6, #ARGV do
	local id = ARGV[n]
	local row = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2])[1]
	if row and not answer_add(id, id, row[4] + 1, false) then
		return {'ok', list, 1}
	end
end
return {'ok', list, 0}
