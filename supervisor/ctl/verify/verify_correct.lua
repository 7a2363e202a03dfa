-- Take from the dropped entries of a group those that were settled all the same:
-- the version before counted them after each restart of Redis 7.0 with an AOF.
-- redis_numbers.lua, account.lua and keep_account.lua come before, and tell them:
-- a keeper has noted them (doubt), or no keeper has looked since.
-- KEYS: stream, P:<group>:start, P:<group>:books, P:<group>:replay
-- ARGV: group, '1' to do it or '0' only to look
-- Returns how many are counted as dropped, and how many of them are taken away;
-- nothing when there is no such group.
local key = string.gsub(KEYS[3], ':books$', '')

-- How many more than were due nobody has counted yet speak against them, too?
local function doubt_now(stream, group)
	local lag, first, is_certain = lag_of(stream, group)
	local missing, start, books = missing_of(stream, group, lag, key)
	if not (is_certain and missing and missing < 0) then
		return 0
	end
	local standing = standing_of(stream, group, first, false)
	account_move(-missing, start, books, standing)
	return (tonumber(standing.doubt) or 0) - (tonumber(start.doubt) or 0)
end

local function correct(stream, group)
	local start, books = hash_of(KEYS[2]), hash_of(KEYS[3])
	local noted = tonumber(start.doubt) or 0
	local dropped = tonumber(books.dropped) or 0
	local count = noted + doubt_now(stream, group)
	if ARGV[2] == '1' and count > 0 then
		-- The account had moved by what was noted; it moves back.
		redis.call('HSET', KEYS[3], 'dropped', whole(dropped - count))
		redis.call('HSET', KEYS[2], 'doubt', '0',
			'moved', whole((tonumber(start.moved) or 0) - noted),
			'due', whole(start.due - noted))
	end
	return {dropped, count}
end

if redis.call('EXISTS', KEYS[1]) == 0 then
	return {}
end
local stream = named(redis.call('XINFO', 'STREAM', KEYS[1]))
for _, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
	local group = named(row)
	if group.name == ARGV[1] then
		return correct(stream, group)
	end
end
return {}
