-- What is pending for this consumer, without counting it as delivered again.
-- ARGV[4..6]: after this id ('-': from the first), how many, '1' for the fields
-- Returns 'ok' and a list of id, fields (nil: deleted while pending), times
-- delivered.
local start = ARGV[4] == '-' and '-' or '(' .. ARGV[4]
local list = {}
for _, row in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], start, '+', ARGV[5],
		ARGV[2])) do
	local fields = {}
	if ARGV[6] == '1' then
		local entry = redis.call('XRANGE', KEYS[1], row[1], row[1])[1]
		fields = entry and entry[2] or false
	end
	list[#list + 1] = {row[1], fields, row[4]}
end
return {'ok', list}
