#!/bin/sh
# A Redis that has its orders on the disk ends and starts again, and a replica takes
# its place: the books balance after each, nothing is said to be lost, and what is
# lost then is told exactly. Prints TAP. Run from a build directory.
#
# usage: restarts.sh RESTARTS FAILOVERS
restarts=${1:?usage: restarts.sh RESTARTS FAILOVERS}
failovers=${2:?usage: restarts.sh RESTARTS FAILOVERS}
srcdir=${srcdir:-$(dirname "$0")/../..}
# shellcheck source=tests/fixtures/system_lib.sh
. "$srcdir/tests/fixtures/system_lib.sh"

orders=300
seed=0
replica=

# The outputs of these are looked at after a failure.
say_what() {
	sed 's/^/# /' "$dir/said"
	return 1
}

publish() { # publish COUNT
	seed=$((seed + 1))
	bin/ordermq-order -c "$dir/ordermq.conf" --quiet --generate "$1" \
		--seed "$seed"
}

field() { # field NAME GROUP: of its object in status
	ctl status --json | grep '"kind": *"group"' |
		grep "\"name\": *\"$2\"" |
		sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p"
}

# The keeper has looked since Redis is back: it corrects entries-read, which Redis
# 7.0 forgets, in the moment in which it settles the account.
keeper_has_looked() {
	for group in points push; do
		[ "$(cli XINFO GROUPS ordermq | paste - - - - - - - - - - - - |
			awk -v g="$group" '$2 == g { print $10 }')" = \
			"$(cli XINFO STREAM ordermq |
				sed -n '/^entries-added$/{n;p;}')" ] || return
	done
}

none_is_dropped() {
	for group in points push; do
		for lost in dropped skipped; do
			[ -z "$(book $group $lost)" ] &&
				[ "$(field $lost $group)" = 0 ] || return
		done
		[ -z "$(cli HGET "{ordermq}:$group:start" moved)" ] || return
	done
}

balances() {
	wait_for keeper_has_looked && wait_for none_is_dropped &&
		{ ctl verify --push-log "$dir/push.jsonl" >"$dir/said" ||
			say_what; }
}

works_and_balances() {
	publish $orders && wait_for idle && balances
}

shutdown_redis() {
	cli SHUTDOWN >/dev/null 2>&1
	wait "$redis" 2>/dev/null
}

# A restart by each way in turn.
restart_balances() { # restart_balances NUMBER
	if [ $(($1 % 2)) = 1 ]; then kill_redis; else shutdown_redis; fi
	start_safe_redis "$data" && balances && works_and_balances
}

# Replication needs a port, and none is known to be free: the first one of some
# at which a server starts is ours.
port=
start_primary() { # start_primary DIRECTORY: with a port, on the socket
	data=$1
	mkdir -p "$data"
	for try in 1 2 3 4 5 6 7 8 9 10; do
		port=$((20000 + ($$ * 7 + seed * 131 + try * 977) % 10000))
		rm -f "$dir/redis.sock"
		redis-server --port $port --bind 127.0.0.1 \
			--unixsocket "$dir/redis.sock" --dir "$data" --save "" \
			--appendonly yes --appendfsync always \
			>>"$dir/redis.log" 2>&1 &
		redis=$!
		wait_for has_begun || continue
		! is_gone "$redis" || continue
		[ "$(cli CONFIG GET port | tail -n 1)" = $port ] && return
	done
	return 1
}

is_gone() {
	! kill -0 "$1" 2>/dev/null
}

has_begun() { # or ended
	redis_answers || is_gone "$redis"
}

replica_cli() {
	redis-cli -s "$dir/replica.sock" "$@"
}

# Of all that the primary has written.
replica_has_all() {
	[ "$(replica_cli INFO replication |
		tr -d '\r' | sed -n 's/^master_link_status://p')" = up ] &&
		[ "$(cli INFO replication | tr -d '\r' |
			sed -n 's/^master_repl_offset://p')" = \
			"$(replica_cli INFO replication | tr -d '\r' |
				sed -n 's/^slave_repl_offset://p')" ]
}

replica_answers() {
	[ "$(replica_cli PING 2>/dev/null)" = PONG ]
}

start_replica() { # start_replica DIRECTORY
	mkdir -p "$1"
	redis-server --port 0 --unixsocket "$dir/replica.sock" --dir "$1" \
		--save "" --appendonly yes --appendfsync always \
		--replicaof 127.0.0.1 $port >>"$dir/redis.log" 2>&1 &
	replica=$!
	publisher=$replica # so that it is ended with the test
	wait_for replica_answers && wait_for replica_has_all
}

# The replica takes the place of the primary, at the socket, and is what the next
# replica follows: it starts from what the promoted one has on its disk.
failover_balances() { # failover_balances NUMBER
	start_replica "$dir/data-$1" || return
	publish $orders && wait_for idle && wait_for replica_has_all || return
	kill_redis
	replica_cli REPLICAOF NO ONE >/dev/null &&
		mv "$dir/replica.sock" "$dir/redis.sock" || return
	redis=$replica
	publisher=
	balances && works_and_balances || return
	shutdown_redis
	start_primary "$dir/data-$1" && balances
}

all_hold() {
	! ctl status | grep -q '^\(points\|push\)-.* ready '
}

hold() {
	ctl hold points >/dev/null && ctl hold push >/dev/null &&
		wait_for all_hold
}

# Exactly so many: by verify, by doctor and by status.
are_told() { # are_told COUNT
	ctl verify >"$dir/said"
	[ $? = 70 ] && [ "$(grep -c \
		"OFF: $1 entries were removed from the stream before" \
		"$dir/said")" = 2 ] || say_what || return
	ctl doctor >"$dir/said"
	for group in points push; do
		grep -q "group $group: $1 entries were removed from the stream b" \
			"$dir/said" || say_what || return
		[ "$(field dropped $group)" = "$1" ] &&
			[ "$(field skipped $group)" = 0 ] || return
	done
}

status_tells() { # status_tells COUNT
	[ "$(field dropped points)" = "$1" ] && [ "$(field dropped push)" = "$1" ]
}

losses_are_told() {
	hold && publish 100 || return
	cli XTRIM ordermq MAXLEN 63 >/dev/null
	wait_for status_tells 37 && are_told 37 || return
	kill_redis
	start_safe_redis "$data" && wait_for status_tells 37 && are_told 37 ||
		return
	ctl unhold points >/dev/null && ctl unhold push >/dev/null &&
		wait_for idle && are_told 37
}

echo "1..$((restarts + failovers + 4))"
configure 2 2
data=$dir
start_safe_redis "$data"
check "all instances are ready" start 4
check "the books balance" works_and_balances
number=0
while [ $number -lt "$restarts" ]; do
	number=$((number + 1))
	check "restart $number: nothing is lost, and the books say so" \
		restart_balances $number
done
if [ "$failovers" -gt 0 ]; then
	shutdown_redis
	start_primary "$dir"
fi
number=0
while [ $number -lt "$failovers" ]; do
	number=$((number + 1))
	check "failover $number: nothing is lost, and the books say so" \
		failover_balances $number
done
check "what is removed unread is told exactly, also after a restart" \
	losses_are_told
check "ordermqd stops" stop
[ -z "$VERBOSE" ] || sed 's/^/# /' "$dir/log"
