-- Move one entry to the dead letters: it is there or here, never in both, never
-- in neither.
-- An entry has one letter: when its group vanished and was made again, or history
-- was replayed, it dies again beside the letter that tells of it already, and is
-- counted as a duplicate.
-- KEYS[5]: dead letters   ARGV[4..9]: id, reason, class, book, '1' to copy the
-- entry's fields, attempts ('': as noted).
-- Returns 'ok' and how many entries were not pending any more.
local id, reason, class, book, copy, attempts = unpack(ARGV, 4, 9)

local pending = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2])
if #pending == 0 then
	return {'ok', 1}
end
local tries = tries_of(id)
local last = now - pending[1][3]
local origin, replay_count, fields, count = id, 0, {}, nil

-- What came back has its former letter around it, and is nowhere else.
local entry = (copy == '1' or replays) and redis.call('XRANGE', KEYS[1], id, id)[1]
if entry and replays then
	local notes
	notes, fields = letter_open(entry[2])
	origin = notes.id or id
	replay_count = (notes.replays or 0) + 1
	count = notes.fields
elseif entry then
	fields = entry[2]
end
local letter = {
	'group', ARGV[1], 'id', origin, 'reason', reason, 'class', class,
	'consumer', ARGV[2], 'deliveries', pending[1][4],
	'attempts', attempts ~= '' and attempts or tries.attempts,
	'crashes', tries.crashes + tries.kills,
	'first', whole(tries.first or last), 'last', whole(last),
	'time', whole(now),
	'replays', replay_count
}
letter_close(letter, fields, count)
-- Another stream may have had an entry of the same id.
local former = index_find(KEYS[5], ARGV[1], origin)
local known = former and letter_same_fields(former, letter)
if known then
	book = 'duplicate'
end
local number = redis.call('HGET', KEYS[3], book)
if number and not string.match(number, '^%d+$') then
	return redis.error_reply('WRONGTYPE ' .. KEYS[3] .. ' field ' .. book ..
		' is no number')
end
-- What fails behind the letter would leave it, and the entry pending as well.
local index = index_key(KEYS[5], ARGV[1])
local missing = lacks('XADD', KEYS[5], '*', '', '') or
	lacks('ZADD', index, '0', '') or lacks('ZCARD', index) or
	lacks('HINCRBY', KEYS[3], '', '1') or lacks('XACK', KEYS[1], '', '0')
if missing then
	return missing
end
if not known then
	local letter_id = redis.call('XADD', KEYS[5], '*', unpack(letter))
	index_add(KEYS[5], ARGV[1], origin, letter_id)
end
redis.call('HINCRBY', KEYS[3], book, 1)
redis.call('XACK', KEYS[1], ARGV[1], id)
forget(id)
return {'ok', 0}
