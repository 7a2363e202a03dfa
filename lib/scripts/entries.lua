-- Entries as an answer: id, fields (nil: deleted while pending; none at all: no
-- answer can hold them; a number: not before so many milliseconds, or -1: only
-- alone, since workers died on it), times delivered, attempts.
local TEXT_BYTES, ROW_BYTES = 16, 128 -- around a text, and around a row
local most, room, list, has_entry

-- An entry may have at most the bytes of the first number, all behind the first
-- entry at most those of the second.
local function answer_begin(bytes, all)
	most, room, list, has_entry = bytes, all, {}, false
end

-- The fields of an entry, or nil. To find one costs as much as to read many that
-- follow it in the stream: these are read with it, at most up to the last id that
-- is wanted, and more of them when most were of use the time before.
local AHEAD_MAX = 64
local ahead, used_count = {}, 0
local function fields_of(id, last)
	if not ahead[id] then
		local count = math.min(2 * used_count + 1, AHEAD_MAX)
		ahead, used_count = {}, 0
		for _, entry in ipairs(redis.call('XRANGE', KEYS[1], id, last, 'COUNT',
				count)) do
			ahead[entry[1]] = entry[2]
		end
	end
	used_count = used_count + 1
	return ahead[id]
end

-- After so many kills from elsewhere an entry is run alone: one or two are chance.
local KILLS_ALONE = 3

-- Returns whether there was room for it. last: the last id that will be added, or
-- this one. may_wait: not now, when it is not due, or is to run alone.
local function answer_add(id, last, deliveries, may_wait)
	local tries = tries_of(id)
	local alone = tries.crashes > 0 or tries.kills >= KILLS_ALONE
	if may_wait and (alone or tries.due > now) then
		list[#list + 1] = {id, alone and -1 or tries.due - now, deliveries,
			tries.attempts}
		return true
	end
	local fields = fields_of(id, last) or false
	local bytes = ROW_BYTES
	for _, text in ipairs(fields or {}) do
		bytes = bytes + #text + TEXT_BYTES
	end
	if bytes > most then
		fields, bytes = {}, ROW_BYTES
	end
	if bytes > room and has_entry then
		return false
	end
	room, has_entry = room - bytes, true
	list[#list + 1] = {id, fields, deliveries, tries.attempts}
	return true
end
