#!/bin/sh
# Many users race for few items from several processes, and Redis, which syncs
# its file at every write, dies in the middle of every other race: bench/seckill
# finds every sum right, and real services credit once and push what was sold. A
# short form of tests/long/seckill.sh, which sets RUNS, USERS, ITEMS and
# PROCESSES. Prints TAP.
set -u
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

runs=${RUNS:-4}
users=${USERS:-2000}
items=${ITEMS:-1000}
processes=${PROCESSES:-4}

race_exec() { # in the background only
	exec bench/seckill -c "$dir/ordermq.conf" --stream ordermq \
		--users "$users" --items "$items" --processes "$processes" \
		--amount 100 >"$dir/race" 2>>"$dir/race.log"
}

# The number of a sale, mostly a small one: with the first of them there is
# something left.
moment() {
	awk -v n="$(od -An -N4 -tu4 /dev/urandom)" -v max="$items" 'BEGIN {
		r = (n % 10000) / 10000; printf "%d", 1 + r * r * r * max }'
}

sold() { # as the files of a Redis say that is not running
	cat "$dir"/appendonlydir/*.incr.aof | grep -ac '^XADD'
}

redis_is_gone() {
	! cli PING >/dev/null 2>&1
}

# Redis dies at a sale of this race, before or after it is written: the server
# counts them itself, so that no load beside it moves the place.
die_in_between() {
	wait_for redis_is_gone || return
	wait "$redis"
	[ $? = 137 ] || return
	rm "$SUDDEN_DEATH"
	deaths=$((deaths + 1))
	[ "$(sold)" -ge $((before + items)) ] || selling=$((selling + 1))
	start_safe_redis "$dir"
}

deaths=0
selling=0
race() { # race NUMBER
	before=$(cli XLEN ordermq)
	[ $(($1 % 2)) = 1 ] || moment >"$SUDDEN_DEATH"
	race_exec &
	publisher=$!
	[ $(($1 % 2)) = 1 ] || die_in_between
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
export SUDDEN_DEATH="$dir/death"
redis_preload=tests/sudden_death.so
start_safe_redis "$dir"
check 'points and push are ready' start 4
check "$users users race for $items items from $processes processes" \
	race 1
run=0
while [ $run -lt "$runs" ]; do
	run=$((run + 1))
	check "race $run sells each item once, to users who have none" race $run
done
echo "# Redis died in $deaths races, $selling times while there was something left"
check 'Redis died in every other race, before its end' \
	[ $deaths = $((runs / 2)) ]
check 'points and push have done everything' wait_for idle
check "each of the $all that are sold is credited once" credited $all
check 'and pushed' pushed $all
check 'ordermqd stops in order' stop
