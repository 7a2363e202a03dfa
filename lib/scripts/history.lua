-- What is pending for this consumer, without counting it as delivered again.
-- ARGV[4..6]: after this id ('-': from the first), how many, and how many bytes
-- the answer may have.
-- Returns 'ok'; a list of id, fields (nil: deleted while pending; none at all: no
-- answer can hold them), times delivered, this time included: it was in somebody's
-- hands before; and 1 when there may be more.
local TEXT_BYTES, ROW_BYTES = 16, 128 -- around a text, and around a row
local most = tonumber(ARGV[6])
local room = most
local start = ARGV[4] == '-' and '-' or '(' .. ARGV[4]
local rows = redis.call('XPENDING', KEYS[1], ARGV[1], start, '+', ARGV[5], ARGV[2])
local list = {}
for _, row in ipairs(rows) do
	local entry = redis.call('XRANGE', KEYS[1], row[1], row[1])[1]
	local fields = entry and entry[2] or false
	local bytes = ROW_BYTES
	for _, text in ipairs(fields or {}) do
		bytes = bytes + #text + TEXT_BYTES
	end
	if bytes > most then
		fields, bytes = {}, ROW_BYTES
	end
	if bytes > room then
		return {'ok', list, 1}
	end
	room = room - bytes
	list[#list + 1] = {row[1], fields, row[4] + 1}
end
return {'ok', list, #rows == tonumber(ARGV[5]) and 1 or 0}
