#!/bin/sh
# A set of instances while its Redis hangs, and while it is down: nobody is
# restarted, nobody spins, the log stays short, and all go on within two seconds.
# Prints TAP and the figures. Run from a build directory.
#
# usage: outage.sh HUNG-SECONDS DOWN-SECONDS
hung=${1:?usage: outage.sh HUNG-SECONDS DOWN-SECONDS}
down=${2:?usage: outage.sh HUNG-SECONDS DOWN-SECONDS}
# shellcheck source=tests/fixtures/system_lib.sh
srcdir=${srcdir:-$(dirname "$0")/../..}
. "$srcdir/tests/fixtures/system_lib.sh"

# Beyond what starts an outage and ends it, an instance says nothing.
lines_each=4
# Of one processor, all processes together.
most_percent=${OUTAGE_PERCENT:-1}
back_msecs=${OUTAGE_BACK:-2000}

# With the defaults of everything that is about Redis: a second after it is back
# each has tried.
cat >"$dir/ordermq.conf" <<CONF
redis = { url = "unix://$dir/redis.sock"; $OUTAGE_REDIS };
groups = (
  { name = "points"; program = "points"; instances = 3; owner_ttl = "3s"; },
  { name = "push"; program = "push"; instances = 2; owner_ttl = "3s";
    push = { file = "$dir/push.jsonl"; }; }
);
supervisor = { control = "$dir/control.sock"; programs = "$top/bin";
  hang_timeout = "${OUTAGE_HANG:-10s}"; };
log = { to = "stderr"; };
CONF

pids() { # of ordermqd and all instances
	echo "$daemon"
	ctl status | awk '/^(points|push)-[0-9]+ / { print $2 }'
}

cpu_usecs() { # of all of them, so far
	for pid in $(pids); do
		cat "/proc/$pid/schedstat"
	done | awk '{ nsecs += $1 } END { printf "%.0f", nsecs / 1000 }'
}

now_msecs() {
	echo $(($(date +%s%N) / 1000000))
}

log_lines() {
	wc -l <"$dir/log"
}

orders() { # orders COUNT
	seed=$((seed + 1))
	bin/ordermq-order -c "$dir/ordermq.conf" --quiet \
		--generate "$1" --seed "$seed"
}

same_pids() {
	[ "$(pids | xargs)" = "$pids_before" ]
}

all_well() { # that is the last word of each of the five
	awk -F: '/^(points|push)-[0-9]+: / { last[$1] = $0 }
		END { for (name in last) well += last[name] ~ /redis is well again$/
			exit well != 5 }' "$dir/log"
}

none_restarted() {
	! grep -E 'ended by|hangs' "$dir/log" && same_pids
}

# From the beginning, over so many seconds; the figures go to $cpu and $lines.
watched() { # watched SECONDS BEGIN
	cpu=$(cpu_usecs)
	lines=$(log_lines)
	"$2"
	sleep "$1"
	cpu=$(($(cpu_usecs) - cpu))
	lines=$(($(log_lines) - lines))
	echo "# $((cpu / 1000)) ms of processor time, $lines lines, in $1 s"
	[ "$cpu" -gt 0 ] && [ $((cpu / 100)) -le $(($1 * 100 * most_percent)) ]
}

few_lines() {
	[ "$lines" -le $((5 * lines_each)) ]
}

back_in_time() {
	begun=$(now_msecs)
	"$@" || return
	wait_for all_well || return
	echo "# all go on after $(($(now_msecs) - begun)) ms"
	[ $(($(now_msecs) - begun)) -le "$back_msecs" ]
}

outage() { # outage NAME SECONDS BEGIN END
	check "$1: all of them take less than $most_percent % of a processor" \
		watched "$2" "$3"
	check "$1: at most $lines_each lines from each" few_lines
	check "$1: all go on within $back_msecs ms" back_in_time "$4"
	check "$1: none was restarted" none_restarted
	orders 500
	check "$1: then orders are done" wait_for idle
}

hang_begin() {
	kill -STOP "$redis"
}

hang_end() {
	kill -CONT "$redis"
}

down_begin() {
	kill -9 "$redis"
	wait "$redis" 2>/dev/null
}

books_balance() {
	ctl verify >"$dir/said" && [ "$(losses)" = "" ] && return
	sed 's/^/# /' "$dir/said"
	return 1
}

losses() { # of both groups, what the keeper has counted
	for group in points push; do
		book $group dropped
		book $group skipped
		cli HGET "{ordermq}:$group:start" moved
	done | grep .
}

seed=0
echo 1..14
start_redis
check "all instances are ready" start 5
orders 500
check "they are at work" wait_for idle
pids_before=$(pids | xargs)
outage "Redis hangs" "$hung" hang_begin hang_end
outage "Redis is down" "$down" down_begin start_redis
check "the books balance, and nothing is said to be lost" books_balance
check "ordermqd stops" stop
[ -z "$VERBOSE" ] || sed 's/^/# /' "$dir/log"
