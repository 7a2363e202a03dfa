-- The order number of entries, what is noted of their tries, and the first id of
-- what came back: three texts an entry, nil for what is not there.
-- KEYS: stream, tries   ARGV: the order number's field, 'replay:' when they came
-- back, id, id, ...
local prefix = ARGV[2]
local list = {}
for n = 3, #ARGV do
	local entry = redis.call('XRANGE', KEYS[1], ARGV[n], ARGV[n])[1]
	local fields, orderno, origin = entry and entry[2] or {}, false, false
	if prefix ~= '' then
		local notes
		notes, fields = letter_open(fields)
		origin = notes.id or false
	end
	for i = 1, #fields, 2 do
		if fields[i] == ARGV[1] then
			orderno = fields[i + 1]
			break
		end
	end
	list[#list + 1] = orderno
	list[#list + 1] = redis.call('HGET', KEYS[2], prefix .. ARGV[n])
	list[#list + 1] = origin
end
return list
