-- A dead letter is what we say about an entry, then "fields N", and behind it the
-- entry's own N fields as they came, or, when there are too many for one call of
-- XADD, all of them in one MessagePack array "packed".
local COPY_MAX = 3500

-- What is said about the entry, by name, and its fields as they are there.
local function letter_open(letter)
	local notes = {}
	for n = 1, #letter, 2 do
		notes[letter[n]] = letter[n + 1]
		if letter[n] == 'fields' then
			return notes, {unpack(letter, n + 2)}
		end
	end
	return notes, {}
end

-- Put an entry's fields behind what is said. count: how many it had, when they are
-- those of a letter.
local function letter_close(letter, fields, count)
	letter[#letter + 1] = 'fields'
	letter[#letter + 1] = count or #fields / 2
	if #fields / 2 > COPY_MAX then
		fields = {'packed', cmsgpack.pack(fields)}
	end
	for n = 1, #fields do
		letter[#letter + 1] = fields[n]
	end
end

-- Do two letters have the same entry in them?
local function letter_same_fields(a, b)
	local _, fields = letter_open(a)
	local _, others = letter_open(b)
	for n = 1, math.max(#fields, #others) do
		if fields[n] ~= others[n] then
			return false
		end
	end
	return true
end
