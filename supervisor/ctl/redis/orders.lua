-- Order numbers and tries of entries, for a table of them.
-- KEYS: stream or P:<group>:replay, tries   ARGV: the field of the order number;
-- 'replay:' for P:<group>:replay, else ''; id, id, ...
-- Returns for each id three texts, nil where there is none: the order number, the row
-- of its tries, and, of an entry that came back, the id that it had first.
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
