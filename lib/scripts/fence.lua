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

-- Returns an answer when the right to run a command is missing, else nil. To be
-- asked before the first write: Lua does not roll back.
local function lacks(command, key, ...)
	if not redis.acl_check_cmd(command, key, ...) then
		return redis.error_reply('NOPERM no permission to ' .. command ..
			' ' .. key)
	end
end

-- Likewise for all that acknowledges, counts and forgets.
local function lacks_settling()
	return lacks('XACK', KEYS[1], '', '0') or lacks('HSET', KEYS[3], '', '') or
		lacks('EXISTS', KEYS[4]) or lacks('HDEL', KEYS[4], '') or
		replays and lacks('XDEL', KEYS[1], '0') or nil
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
