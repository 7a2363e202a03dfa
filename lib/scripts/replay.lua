-- Let one dead letter come back to its own group, and to no other: it moves to
-- P:<group>:replay with the fields it had, its first id and its history. When it
-- has no fields, since the entry was too large, they are those in the stream.
-- KEYS: dead letters, P:<group>:replay, P:<group>:books, stream   ARGV: group, id
-- of the letter
-- Returns the id there; nil: no such letter of this group; 0: its fields are
-- nowhere any more, so it stays.
local letter = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if not letter or letter[2][1] ~= 'group' or letter[2][2] ~= ARGV[1] then
	return false
end
letter = letter[2]
if letter[#letter - 1] == 'fields' and letter[#letter] == '0' then
	local origin = letter_open(letter).id
	local entry = origin and redis.call('XRANGE', KEYS[4], origin, origin)[1]
	if not entry then
		return 0
	end
	letter = {unpack(letter, 1, #letter - 2)}
	letter_close(letter, entry[2])
end
local failed = come_back_check(KEYS[2], KEYS[3], ARGV[1])
if failed then
	return failed
end
index_remove(KEYS[1], ARGV[1], letter_open(letter).id or '', ARGV[2])
local id = come_back(KEYS[2], KEYS[3], letter)
redis.call('XDEL', KEYS[1], ARGV[2])
return id
