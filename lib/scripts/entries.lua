-- Entries as an answer: id, fields (nil: deleted while pending; none at all: no
-- answer can hold them; a number: not before so many milliseconds), times
-- delivered, attempts.
local TEXT_BYTES, ROW_BYTES = 16, 128 -- around a text, and around a row
local most, room, list

-- So many bytes the answer may have.
local function answer_begin(bytes)
	most, room, list = bytes, bytes, {}
end

-- Returns whether there was room for it.
local function answer_add(id, deliveries, ask_due)
	local tries = tries_of(id)
	if ask_due and tries.due > now then
		list[#list + 1] = {id, tries.due - now, deliveries, tries.attempts}
		return true
	end
	local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
	local fields = entry and entry[2] or false
	local bytes = ROW_BYTES
	for _, text in ipairs(fields or {}) do
		bytes = bytes + #text + TEXT_BYTES
	end
	if bytes > most then
		fields, bytes = {}, ROW_BYTES
	end
	if bytes > room then
		return false
	end
	room = room - bytes
	list[#list + 1] = {id, fields, deliveries, tries.attempts}
	return true
end
