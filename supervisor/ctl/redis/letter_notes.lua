-- What is noted of a dead letter, without the fields of its entry, which no reply
-- can hold; dead_letter.lua comes before.
-- KEYS: dead letters, or P:<group>:replay   ARGV: from, to: as XRANGE takes them
-- Returns the first letter there as XRANGE does, with these fields alone.
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', 1)[1]
if not letter then
	return {}
end
local _, fields = letter_open(letter[2])
return {{letter[1], {unpack(letter[2], 1, #letter[2] - #fields)}}}
