-- Copy entries of the stream to where they come back to one group only, and note
-- the progress. Pending entries are left out: they are handled anyway.
-- KEYS: stream, P:<group>:replay, P:<group>:books, P:<group>:replaying
-- ARGV: group, the last entry that came back as far as is known, '1' to copy or
-- '0' only to look, the range in words, id, id, ...
-- Returns 'again' when something came back since; or 'ok', the last entry that
-- came back, and for each id 'copied', 'pending' or 'gone'.
local group, known, copies, range = unpack(ARGV, 1, 4)

if #redis.call('XRANGE', KEYS[2], '(' .. known, '+', 'COUNT', 1) > 0 then
	return {'again'}
end
local failed = copies == '1' and come_back_check(KEYS[2], KEYS[3], group)
if failed then
	return failed
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local list = {'ok', known}
for n = 5, #ARGV do
	local id = ARGV[n]
	local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
	local state = 'copied'
	if #redis.call('XPENDING', KEYS[1], group, id, id, 1) > 0 then
		state = 'pending'
	elseif not entry then
		state = 'gone'
	elseif copies == '1' then
		local letter = {'group', group, 'id', id, 'class', 'history',
			'time', now, 'replays', 0}
		letter_close(letter, entry[2])
		list[2] = come_back(KEYS[2], KEYS[3], letter)
	end
	list[#list + 1] = state
end
if copies == '1' then
	redis.call('HSET', KEYS[4], 'range', range, 'id', ARGV[#ARGV], 'time', now)
end
return list
