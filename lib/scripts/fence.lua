-- Every script that settles, claims or renews begins with this: is the lease
-- of this consumer still ours?
-- KEYS: stream, owners, books, tries, ...   ARGV: group, consumer, token, ...
local owner = redis.call('HGET', KEYS[2], ARGV[2])
if not owner or string.sub(owner, 1, #ARGV[3] + 1) ~= ARGV[3] .. ' ' then
	return {'lost'}
end

-- Are these entries of P:<group>:replay, which come back to this group only? Two
-- entries of the two streams may have the same id, and what is settled there is
-- of no use any more.
local replays = KEYS[1] == (string.gsub(KEYS[4], 'tries$', 'replay'))

local function tries_field(id)
	return replays and 'replay:' .. id or id
end

-- Entries are settled: forget what was noted of their tries; nothing is, as a
-- rule.
local function forget(...)
	if redis.call('EXISTS', KEYS[4]) == 1 then
		for _, id in ipairs({...}) do
			redis.call('HDEL', KEYS[4], tries_field(id))
		end
	end
	if replays then
		redis.call('XDEL', KEYS[1], ...)
	end
end
