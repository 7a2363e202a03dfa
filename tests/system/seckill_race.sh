#!/bin/sh
# Many users race for few items from several processes, and Redis, which syncs
# its file at every write, is killed in the middle of every other race: the bench
# of ordermq-seckill finds every sum right, and what was sold is credited once
# and pushed by real services. A short form of tests/long/seckill.sh, which sets
# RUNS, USERS, ITEMS and PROCESSES. Prints TAP.
set -u
command -v redis-cli >/dev/null || { echo '1..0 # SKIP no redis-cli'; exit 0; }
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

runs=${RUNS:-4}
users=${USERS:-2000}
items=${ITEMS:-1000}
processes=${PROCESSES:-4}

race_exec() { # in the background only
	exec bin/ordermq-seckill -c "$dir/ordermq.conf" --stream ordermq \
		bench --users "$users" --items "$items" --processes "$processes" \
		--amount 100 >"$dir/race" 2>>"$dir/race.log"
}

decided() { # so many requests, since Redis was started
	cli INFO commandstats | tr ',=' '  ' | awk '
		$1 == "cmdstat_evalsha:calls" { calls = $2 } END { print calls + 0 }'
}

# A number of requests below the half of a race, mostly a small one: with the
# first of them there is something left.
moment() {
	awk -v n="$(od -An -N4 -tu4 /dev/urandom)" -v max="$users" 'BEGIN {
		r = (n % 10000) / 10000; printf "%d", r * r * r * max }'
}

last_id() { # of the stream
	cli --raw XREVRANGE ordermq + - COUNT 1 | head -n 1
}

sold() { # as the files of a Redis say that is not running
	cat "$dir"/appendonlydir/*.incr.aof | grep -ac '^XADD'
}

racing=0
selling=0
race() { # race NUMBER
	before=$(cli XLEN ordermq)
	last=$(last_id)
	wanted=$(($(decided) + $(moment)))
	race_exec &
	publisher=$!
	if [ $(($1 % 2)) = 0 ]; then
		cli XREAD COUNT 1 BLOCK 20000 STREAMS ordermq "$last" >/dev/null
		while kill -0 "$publisher" 2>/dev/null &&
			[ "$(decided)" -lt "$wanted" ]; do :; done
		kill_redis
		! kill -0 "$publisher" 2>/dev/null || racing=$((racing + 1))
		[ "$(sold)" -ge $((before + items)) ] ||
			selling=$((selling + 1))
		start_safe_redis "$dir"
	fi
	wait "$publisher"
	status=$?
	publisher=
	[ $status = 0 ] && [ "$(cli XLEN ordermq)" = $((before + items)) ] &&
		return
	sed 's/^/# /' "$dir/race.log"
	return 1
}

credited() {
	[ "$(cli HLEN '{ordermq}:points:ledger')" = "$1" ] &&
		[ "$(cli HVALS '{ordermq}:points:balance' |
			awk '{ sum += $1 } END { print sum + 0 }')" = "$1" ]
}

pushed() {
	lines_and_keys | awk -v n="$1" '{ exit !($1 >= n && $2 == n) }'
}

all=$(((runs + 1) * items))
echo 1..$((runs + 7))
configure 2 2
start_safe_redis "$dir"
check 'points and push are ready' start 4
check "$users users race for $items items from $processes processes" \
	race 1
run=0
while [ $run -lt "$runs" ]; do
	run=$((run + 1))
	check "race $run sells each item once, to users who have none" race $run
done
echo "# Redis was killed in $((runs / 2)) races, $racing times before the end, $selling times"
echo "# while there was something left"
check 'most of these were in the middle' [ $((8 * racing)) -ge $((3 * runs)) ]
check 'points and push have done everything' wait_for idle
check "each of the $all that are sold is credited once" credited $all
check 'and pushed' pushed $all
check 'ordermqd stops in order' stop
