-- What is pending for this consumer, without counting it as delivered again.
-- ARGV[4..6]: after this id ('-': from the first), how many, '1' for the fields,
-- '0' for how many bytes they take in a reply
-- Returns 'ok' and a list of id, fields (nil: deleted while pending) or bytes,
-- times delivered.
local start = ARGV[4] == '-' and '-' or '(' .. ARGV[4]
local list = {}
for _, row in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], start, '+', ARGV[5],
		ARGV[2])) do
	local entry = redis.call('XRANGE', KEYS[1], row[1], row[1])[1]
	local fields = entry and entry[2] or false
	if entry and ARGV[6] == '0' then
		fields = 0
		for _, text in ipairs(entry[2]) do
			fields = fields + #text + 16
		end
	end
	list[#list + 1] = {row[1], fields, row[4]}
end
return {'ok', list}
