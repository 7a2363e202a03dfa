-- The order number of entries, and what is noted of their tries: two texts an
-- entry, nil for what is not there.
-- KEYS: stream, tries   ARGV: the order number's field, id, id, ...
local list = {}
for n = 2, #ARGV do
	local entry = redis.call('XRANGE', KEYS[1], ARGV[n], ARGV[n])[1]
	local fields, orderno = entry and entry[2] or {}, false
	for i = 1, #fields, 2 do
		if fields[i] == ARGV[1] then
			orderno = fields[i + 1]
			break
		end
	end
	list[#list + 1] = orderno
	list[#list + 1] = redis.call('HGET', KEYS[2], ARGV[n])
end
return list
