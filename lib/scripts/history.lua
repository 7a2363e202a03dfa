-- What is pending for this consumer, without counting it as delivered again: see
-- entries.lua. It was in somebody's hands before, so this time counts as one
-- more.
-- ARGV[4..7]: after this id ('-': from the first), how many, and how many bytes
-- an entry may have, and the answer.
-- Returns 'ok', the list, and 1 when there may be more.
answer_begin(tonumber(ARGV[6]), tonumber(ARGV[7]))
local start = ARGV[4] == '-' and '-' or '(' .. ARGV[4]
local rows = redis.call('XPENDING', KEYS[1], ARGV[1], start, '+', ARGV[5], ARGV[2])
for _, row in ipairs(rows) do
	if not answer_add(row[1], row[4] + 1, true) then
		return {'ok', list, 1}
	end
end
return {'ok', list, #rows == tonumber(ARGV[5]) and 1 or 0}
