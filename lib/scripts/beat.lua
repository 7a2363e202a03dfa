-- Renew the lease, and look after consumers that nobody holds: claim what is
-- pending there, oldest first, at most 256 entries a turn, and delete a consumer
-- when it is empty. Deliveries are not counted by this: JUSTID. A turn costs as
-- much as there are consumers, whatever is pending for them.
-- KEYS: stream, owners, books, tries   ARGV: group, consumer, token, ttl, who
-- Returns 'ok', how many entries are pending for us, how many of these were
-- claimed now, how many came back to this group (P:<group>:replay), 1 when it is
-- paused, and 1 when another turn should follow as soon as these are settled.
local call = redis.call
local CLAIM_MAX = 256
-- Consumers without a lease that are looked at in one turn.
local LOOK_MAX = 4
-- The longest owner_ttl there is. A lease beyond it was written by a clock that
-- has been set back since then: its owner, if alive, renews it within a beat.
local LEASE_MAX = 600000
local stream, owners, group, me = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local ttl = tonumber(ARGV[4])
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local pending = {}
local summary = call('XPENDING', stream, group)
for _, row in ipairs(summary[4] or {}) do
	pending[row[1]] = tonumber(row[2])
end
call('HSET', owners, me, ARGV[3] .. ' ' ..
	string.format('%.0f', now + ttl) .. ' ' .. ARGV[5])

local claimed, lost = 0, 0

-- Claim entries of a consumer that were idle for so long, among as many rows of
-- its pending list, from an id on, as may still be claimed. Never by XPENDING
-- IDLE, which walks through the whole list when nothing in it is old enough.
-- Returns the rows, and how many entries are not pending there any more.
local function claim(consumer, idle, start)
	local rows = call('XPENDING', stream, group, start, '+',
		CLAIM_MAX - claimed, consumer)
	local ids = {}
	for _, row in ipairs(rows) do
		if row[3] >= idle then
			ids[#ids + 1] = row[1]
		end
	end
	local count = #ids
	if count == 0 then
		return rows, 0
	end
	ids[count + 1] = 'JUSTID'
	local got = #call('XCLAIM', stream, group, me, 0, unpack(ids))
	-- XCLAIM drops what was deleted from the stream while it was pending.
	claimed, lost = claimed + got, lost + count - got
	return rows, count
end

local leases = {}
local fields = call('HGETALL', owners)
for n = 1, #fields, 2 do
	local consumer = fields[n]
	local node, generation, expiry =
		string.match(fields[n + 1], '^(%S+) (%d+) (%d+) ')
	local free = not node or node == '-' or tonumber(expiry) <= now or
		tonumber(expiry) > now + LEASE_MAX
	leases[consumer] = true
	if consumer ~= me and free then
		if node ~= '-' then
			-- Whoever comes back must learn that he lost it.
			call('HSET', owners, consumer, '- ' ..
				string.format('%.0f', (tonumber(generation) or 0) + 1) ..
				' 0 -')
		end
		if pending[consumer] and claimed < CLAIM_MAX then
			local _, count = claim(consumer, 0, '-')
			local left = pending[consumer] - count
			pending[consumer] = left > 0 and left or nil
		end
		if not pending[consumer] then
			call('XGROUP', 'DELCONSUMER', stream, group, consumer)
			-- The lease is for both streams; the other may hold more.
			if not replays then
				call('HDEL', owners, consumer)
			end
		end
	end
end

-- An id between two of them, by chance.
local function id_between(first, last)
	local from = tonumber(string.match(first, '^%d+'))
	local to = tonumber(string.match(last, '^%d+'))
	return string.format('%.0f', from + math.random() * (to - from))
end

-- A consumer without any lease: left by a connection that died while it waited,
-- or by another program. It may be at work, so that only what is old is claimed.
-- Where it is dead, the first of its entries are old. Where it lives, any may be,
-- so that a part of the list is looked at which is another one each time.
local function look_after(consumer)
	local rows, count = claim(consumer, ttl, '-')
	if count == 0 and rows[1] then
		claim(consumer, ttl, id_between(rows[1][1], summary[3]))
	end
end

local strangers = {}
for consumer in pairs(pending) do
	if consumer ~= me and not leases[consumer] then
		strangers[#strangers + 1] = consumer
	end
end
math.randomseed(now)
local first = math.random(0, #strangers)
for n = 1, math.min(#strangers, LOOK_MAX) do
	if claimed < CLAIM_MAX then
		look_after(strangers[(first + n) % #strangers + 1])
	end
end

if lost > 0 then
	call('HINCRBY', KEYS[3], 'lost', lost)
end
return {'ok', (pending[me] or 0) + claimed, claimed,
	call('XLEN', (string.gsub(KEYS[4], 'tries$', 'replay'))),
	call('EXISTS', (string.gsub(KEYS[4], 'tries$', 'paused'))),
	claimed + lost > 0 and 1 or 0}
