-- Renew the lease, and look after consumers that nobody holds: claim what is
-- pending there, oldest first, at most 256 entries a turn, and delete a consumer
-- when it is empty. Deliveries are not counted by this: JUSTID.
-- ARGV[4..5]: ttl, who
-- Returns 'ok', how many entries are pending for us, how many of these were
-- claimed now, how many came back to this group (P:<group>:replay), and 1 when it
-- is paused.
local CLAIM_MAX = 256
-- The longest owner_ttl there is. A lease beyond it was written by a clock that
-- has been set back since then: its owner, if alive, renews it within a beat.
local LEASE_MAX = 600000
local stream, owners, group, me = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local pending = {}
for _, row in ipairs(redis.call('XPENDING', stream, group)[4] or {}) do
	pending[row[1]] = tonumber(row[2])
end
redis.call('HSET', owners, me, ARGV[3] .. ' ' ..
	string.format('%.0f', now + ARGV[4]) .. ' ' .. ARGV[5])

-- Claim up to most entries of a consumer that were idle for so long.
local function claim(consumer, idle, most)
	local ids = {}
	for _, row in ipairs(redis.call('XPENDING', stream, group, 'IDLE', idle,
			'-', '+', most, consumer)) do
		ids[#ids + 1] = row[1]
	end
	if #ids == 0 then
		return 0
	end
	ids[#ids + 1] = 'JUSTID'
	local got = redis.call('XCLAIM', stream, group, me, 0, unpack(ids))
	-- XCLAIM drops what was deleted from the stream while it was pending.
	local lost = #ids - 1 - #got
	if lost > 0 then
		redis.call('HINCRBY', KEYS[3], 'lost', lost)
	end
	return #got, lost
end

local claimed = 0
local rows = redis.call('HGETALL', owners)
for n = 1, #rows, 2 do
	local consumer = rows[n]
	local node, generation, expiry =
		string.match(rows[n + 1], '^(%S+) (%d+) (%d+) ')
	local free = not node or node == '-' or tonumber(expiry) <= now or
		tonumber(expiry) > now + LEASE_MAX
	if consumer ~= me and free then
		if node ~= '-' then
			-- Whoever comes back must learn that he lost it.
			redis.call('HSET', owners, consumer, '- ' ..
				string.format('%.0f', (tonumber(generation) or 0) + 1) ..
				' 0 -')
		end
		if pending[consumer] and claimed < CLAIM_MAX then
			local got, lost = claim(consumer, 0, CLAIM_MAX - claimed)
			claimed = claimed + got
			local left = pending[consumer] - got - (lost or 0)
			pending[consumer] = left > 0 and left or nil
		end
		if not pending[consumer] then
			redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
			-- The lease is for both streams; the other may hold more.
			if not replays then
				redis.call('HDEL', owners, consumer)
			end
		end
	end
end

-- A consumer without any lease: left by a connection that died while it
-- waited, or by another program. It may be at work: only what is old.
for consumer in pairs(pending) do
	if consumer ~= me and claimed < CLAIM_MAX and
			redis.call('HEXISTS', owners, consumer) == 0 then
		claimed = claimed +
			(claim(consumer, ARGV[4], CLAIM_MAX - claimed))
	end
end
return {'ok', (pending[me] or 0) + claimed, claimed,
	redis.call('XLEN', (string.gsub(KEYS[4], 'tries$', 'replay'))),
	redis.call('EXISTS', (string.gsub(KEYS[4], 'tries$', 'paused')))}
