-- What is pending for this consumer, as entries.lua answers it. Redis does not count
-- this as a delivery; the answer does, since each was delivered before.
-- KEYS: stream, owners, books, tries   ARGV[4..7]: after which id ('-': from the
-- first), how many entries, and how many bytes an entry may have, and the answer
-- Returns 'ok', the list, and 1 when there may be more.
answer_begin(tonumber(ARGV[6]), tonumber(ARGV[7]))
local start = ARGV[4] == '-' and '-' or '(' .. ARGV[4]
local rows = redis.call('XPENDING', KEYS[1], ARGV[1], start, '+', ARGV[5], ARGV[2])
for _, row in ipairs(rows) do
	if not answer_add(row[1], rows[#rows][1], row[4] + 1, true) then
		return {'ok', list, 1}
	end
end
return {'ok', list, #rows == tonumber(ARGV[5]) and 1 or 0}
