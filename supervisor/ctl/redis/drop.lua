-- Delete dead letters for good.
-- KEYS: dead letters   ARGV: id, group, entry; for each
-- Returns how many there were.
local count = 0
for n = 1, #ARGV, 3 do
	local id, group, entry = unpack(ARGV, n, n + 2)
	index_remove(KEYS[1], group, entry, id)
	count = count + redis.call('XDEL', KEYS[1], id)
end
return count
