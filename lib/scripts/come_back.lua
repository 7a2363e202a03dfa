-- What comes back to a group lies in P:<group>:replay, which has a group of the
-- same name.

-- Make sure that it can. Returns nil, or the error.
local function come_back_check(replay, books, group)
	local made = redis.pcall('XGROUP', 'CREATE', replay, group, '0', 'MKSTREAM')
	if made.err and not string.find(made.err, 'BUSYGROUP') then
		return made
	end
	local replayed = redis.call('HGET', books, 'replayed')
	if replayed and not string.match(replayed, '^%d+$') then
		return redis.error_reply('WRONGTYPE ' .. books ..
			' field replayed is no number')
	end
end

-- Returns the id there.
local function come_back(replay, books, letter)
	redis.call('HINCRBY', books, 'replayed', 1)
	return redis.call('XADD', replay, '*', unpack(letter))
end
