-- Note in which sequence entries are settled: an effect that can be split, for the
-- tests. One whose word is "odd" has to go alone, and is refused then; the word
-- "all" splits a call without a position.
-- KEYS[5..6]: list of the entries settled, and of the sizes of all calls
-- ARGV[4..]: entry id, order number, word; again for each entry
-- Returns what consumers/ledger.lua does.
local split, all = {'split'}, false
local count = (#ARGV - 3) / 3
redis.call('RPUSH', KEYS[6], count)
for n = 1, count do
	local word = ARGV[3 + 3 * n]
	all = all or word == 'all'
	if word == 'odd' then
		split[#split + 1] = n
	end
end
if count > 1 and all then
	return {'split'}
elseif count > 1 and #split > 1 then
	return split
elseif #split > 1 then
	return {'reject', 'odd', 'it is odd'}
end
for n = 1, count do
	redis.call('RPUSH', KEYS[5], ARGV[2 + 3 * n])
	redis.call('XACK', KEYS[1], ARGV[1], ARGV[1 + 3 * n])
end
return {'ok', 0}
