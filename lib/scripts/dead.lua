-- Move one entry to the dead letters: it is there or here, never in both, never
-- in neither.
-- KEYS[5]: dead letters   ARGV[4..9]: id, reason, class, book, '1' to copy the
-- entry's fields, attempts ('': as noted).
-- What we say about it comes first; behind "fields N" follow the entry's own N
-- fields as they came, or, when there are too many for one call of XADD, all of
-- them in one MessagePack array "packed".
-- Returns 'ok' and how many entries were not pending any more.
local COPY_MAX = 3500
local id, reason, class, book, copy, attempts = unpack(ARGV, 4, 9)

local pending = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2])
if #pending == 0 then
	return {'ok', 1}
end
local number = redis.call('HGET', KEYS[3], book)
if number and not string.match(number, '^%d+$') then
	return redis.error_reply('WRONGTYPE ' .. KEYS[3] .. ' field ' .. book ..
		' is no number')
end
local tries = tries_of(id)
local last = now - pending[1][3]
local entry = copy == '1' and redis.call('XRANGE', KEYS[1], id, id)[1]
local fields = entry and entry[2] or {}
local origin, replay_count = id, 0

-- What came back has its former letter around it.
if replays and entry then
	local inner = {}
	for n = 1, #fields, 2 do
		if fields[n] == 'id' then
			origin = fields[n + 1]
		elseif fields[n] == 'replays' then
			replay_count = fields[n + 1]
		elseif fields[n] == 'fields' then
			inner = {unpack(fields, n + 2)}
			break
		end
	end
	fields = inner
	replay_count = replay_count + 1
end
local letter = {
	'group', ARGV[1], 'id', origin, 'reason', reason, 'class', class,
	'consumer', ARGV[2], 'deliveries', pending[1][4],
	'attempts', attempts ~= '' and attempts or tries.attempts,
	'crashes', tries.crashes + tries.kills,
	'first', whole(tries.first or last), 'last', whole(last),
	'time', whole(now),
	'replays', replay_count, 'fields', #fields / 2
}
if #fields / 2 > COPY_MAX then
	fields = {'packed', cmsgpack.pack(fields)}
end
for n = 1, #fields do
	letter[#letter + 1] = fields[n]
end
redis.call('XADD', KEYS[5], '*', unpack(letter))
redis.call('HINCRBY', KEYS[3], book, 1)
redis.call('XACK', KEYS[1], ARGV[1], id)
forget(id)
return {'ok', 0}
