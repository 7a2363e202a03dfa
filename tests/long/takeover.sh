#!/bin/sh
# What a foreign consumer of the group left pending is taken over by two instances
# with the default settings: soon after owner_ttl, and as fast as the group works,
# also beside very many entries that are pending for a consumer at work. Prints TAP
# and the figures. Run from a build directory.
#
# usage: takeover.sh LEFT ELSEWHERE [SOURCE-DIRECTORY]
if ! command -v redis-cli >/dev/null; then
	echo "1..0 # SKIP no redis-cli"
	exit 0
fi
left=${1:?usage: takeover.sh LEFT ELSEWHERE [SOURCE-DIRECTORY]}
elsewhere=${2:?usage: takeover.sh LEFT ELSEWHERE [SOURCE-DIRECTORY]}
# shellcheck source=tests/fixtures/system_lib.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/fixtures/system_lib.sh"

within_msecs=5000 # of owner_ttl
percent=50        # of the speed of a backlog
backlog=$((left * 10))

configure() { # configure SETTINGS
	cat >"$dir/ordermq.conf" <<-CONF
	redis = { url = "unix://$dir/redis.sock"; };
	groups = ( { name = "points"; program = "points"; instances = 2; $1 } );
	supervisor = { control = "$dir/control.sock"; programs = "$top/bin"; };
	log = { to = "stderr"; };
	CONF
}

now_msecs() {
	echo $(($(date +%s%N) / 1000000))
}

orders() { # orders COUNT: publish them
	cli EVAL "
		for n = 1, ARGV[1] do
			local order = redis.call('INCR', 'orders')
			redis.call('XADD', KEYS[1], '*', 'orderno', 'A-' .. order,
				'userid', order % 1000, 'amount', 1000)
		end" 1 $stream "$1" >/dev/null
}

read_by() { # read_by CONSUMER COUNT: publish so many, pending for it
	orders "$2"
	cli EVAL "redis.call('XREADGROUP', 'GROUP', 'points', ARGV[1], 'COUNT',
		ARGV[2], 'STREAMS', KEYS[1], '>')" 1 $stream "$1" "$2" >/dev/null
}

grow_old() { # grow_old CONSUMER: as if it had been gone for an hour
	cli EVAL "
		local start = '-'
		repeat
			local rows = redis.call('XPENDING', KEYS[1], 'points', start,
				'+', 1000, ARGV[1])
			for _, row in ipairs(rows) do
				redis.call('XCLAIM', KEYS[1], 'points', ARGV[1], 0,
					row[1], 'IDLE', 3600000, 'JUSTID')
				start = '(' .. row[1]
			end
		until #rows == 0" 1 $stream "$1" >/dev/null
}

book_of_points() { # book_of_points BOOK
	cli HGET '{ordermq}:points:books' "$1" | grep . || echo 0
}

applied() {
	book_of_points applied
}

has_applied() { # has_applied COUNT
	[ "$(applied)" -ge "$1" ]
}

# From the first one that is applied on.
msecs_for() { # msecs_for COUNT
	from=$(applied)
	bin/ordermqd -c "$dir/ordermq.conf" -X test 2>>"$dir/log" &
	daemon=$!
	until has_applied $((from + 1)); do sleep 0.005; done
	begin=$(now_msecs)
	first=$(($(applied) - from))
	tries=0
	until has_applied $((from + $1)); do
		tries=$((tries + 1))
		[ $tries -lt 12000 ] || return 1
		sleep 0.005
	done
	msecs=$((($(now_msecs) - begin) * $1 / ($1 - first + 1)))
	stop
}

soon() {
	[ $((done_msecs - 15000)) -le "$within_msecs" ]
}

fast_enough() {
	[ $((backlog_msecs * 100)) -ge $((left_msecs * percent)) ]
}

nothing_twice() {
	[ "$(cli HLEN '{ordermq}:points:ledger')" = "$(applied)" ] &&
		[ "$(book_of_points duplicate)" = 0 ]
}

$redis_server --port 0 --unixsocket "$dir/redis.sock" --save "" \
	--dir "$dir" >"$dir/redis.log" 2>&1 &
redis=$!
wait_for cli PING >/dev/null 2>&1
cli XGROUP CREATE $stream points 0 MKSTREAM >/dev/null

configure ""
begin=$(now_msecs)
read_by old-consumer "$left"
bin/ordermqd -c "$dir/ordermq.conf" -X test 2>>"$dir/log" &
daemon=$!
wait_for has_applied "$left"
done_msecs=$(($(now_msecs) - begin))
stop
check "$left entries of a foreign consumer are done soon after owner_ttl" soon
echo "# $done_msecs ms after they were read, owner_ttl 15 s"

configure 'owner_ttl = "10m";'
read_by busy-consumer "$elsewhere"
orders $backlog
msecs_for $backlog
backlog_msecs=$msecs
read_by old-consumer $backlog
grow_old old-consumer
msecs_for $backlog
left_msecs=$msecs
check "with $elsewhere pending elsewhere, they go fast enough" fast_enough
echo "# $backlog entries: backlog $backlog_msecs ms, taken over $left_msecs ms"
check "each of them is applied once" nothing_twice
echo "1..$count"
exit $((failures > 0))
