-- P:<group>:dead is a sorted set: the entries of the group whose letter lies among
-- the dead letters, each with the time of the letter, which is the first part of
-- its id. So they can be counted, and found by their entry.
local function index_key(dead, group)
	return string.sub(dead, 1, -#'dead' - 1) .. group .. ':dead'
end

local function index_time(id)
	return string.match(id, '^%d+')
end

-- The letter of an entry, or nil.
local function index_find(dead, group, entry)
	local time = redis.call('ZSCORE', index_key(dead, group), entry)
	if not time then
		return nil
	end
	time = string.format('%.0f', time)
	for _, letter in ipairs(redis.call('XRANGE', dead, time, time)) do
		local notes = letter_open(letter[2])
		if notes.group == group and notes.id == entry then
			return letter[2]
		end
	end
end

-- Letters may have been deleted by other hands, the oldest first as a rule.
local function index_add(dead, group, entry, id)
	local key = index_key(dead, group)
	redis.call('ZADD', key, index_time(id), entry)
	if redis.call('ZCARD', key) > redis.call('XLEN', dead) then
		local first = redis.call('XRANGE', dead, '-', '+', 'COUNT', 1)[1]
		redis.call('ZREMRANGEBYSCORE', key, '-inf',
			'(' .. index_time(first[1]))
	end
end

-- The entry may have another letter by now.
local function index_remove(dead, group, entry, id)
	local key = index_key(dead, group)
	local time = redis.call('ZSCORE', key, entry)
	if time and string.format('%.0f', time) == index_time(id) then
		redis.call('ZREM', key, entry)
	end
end
