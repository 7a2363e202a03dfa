-- What is noted of an entry's tries, in P:<group>:tries: attempts that failed,
-- crashes of its worker, kills of its worker from elsewhere, when it was
-- delivered first, when it is due again (milliseconds), and the last error,
-- parted by tabs.
local function tries_of(id)
	local row = redis.call('HGET', KEYS[4], tries_field(id)) or ''
	local attempts, crashes, kills, first, due, failure =
		string.match(row, '^(%d+)\t(%d+)\t(%d+)\t(%d+)\t(%d+)\t(.*)$')
	return {
		attempts = tonumber(attempts) or 0,
		crashes = tonumber(crashes) or 0,
		kills = tonumber(kills) or 0,
		first = tonumber(first),
		due = tonumber(due) or 0,
		failure = failure or ''
	}
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- A number as a whole one, which %d would not write beyond 2^31.
local function whole(number)
	return string.format('%.0f', number)
end

-- Note it. pending: the entry's row of XPENDING, which knows of a first delivery
-- when nothing else does.
local function tries_note(id, tries, pending)
	redis.call('HSET', KEYS[4], tries_field(id), table.concat({tries.attempts,
		tries.crashes, tries.kills, whole(tries.first or now - pending[3]),
		whole(tries.due), tries.failure}, '\t'))
end
