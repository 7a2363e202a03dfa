#!/bin/sh
# Instances that die again and again at each of the named points of
# lib/consumer/crash_point.h, and ordermqd with them: nothing is lost, points stay exact,
# every order is told. Prints TAP.

. "${srcdir:-.}/tests/fixtures/system_lib.sh"

often="after-read before-push-write after-push-write before-settle after-settle"
seldom="in-recovery in-claim before-release"

rules() {
	for point in $often; do
		printf '%s:0.015,' "$point"
	done
	for point in $seldom; do
		printf '%s:0.3,' "$point"
	done
}

cat >"$dir/ordermq.conf" <<CONF
redis = { url = "unix://$dir/redis.sock"; };
groups = (
  { name = "points"; program = "points"; instances = 2; batch = 8;
    owner_ttl = "1s"; },
  { name = "push"; program = "push"; instances = 2; batch = 8;
    owner_ttl = "1s"; push = { file = "$dir/push.jsonl"; }; }
);
supervisor = { control = "$dir/control.sock"; programs = "$top/tests/crashing"; };
log = { to = "stderr"; };
CONF

run_as() { # run_as NODE
	ORDERMQ_CRASH=$(rules) bin/ordermqd -c "$dir/ordermq.conf" \
		-X "$1" 2>>"$dir/log" &
	daemon=$!
}

publish() { # publish COUNT SEED
	bin/ordermq-order -c "$dir/ordermq.conf" --quiet --generate "$1" \
		--seed "$2"
}

fired() { # fired POINT: how often
	grep -c "^crash point $1\$" "$dir/log"
}

all_have_fired() {
	for point in $often $seldom; do
		[ "$(fired "$point")" -gt 0 ] || return 1
	done
}

something_is_pending() {
	[ "$(cli XPENDING ordermq points | head -1)" -gt 0 ] &&
		[ "$(cli XPENDING ordermq push | head -1)" -gt 0 ]
}

is_under_way() { # or it was too quick for us: then the next round may tell
	something_is_pending || idle
}

# Whatever is pending when ordermqd dies and comes back under another name has to
# be claimed; and when it is stopped, leases are given back.
round() {
	published=$((published + 500))
	publish 500 "$1"
	wait_for is_under_way
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	run_as "node$1"
	wait_for idle || return 1
	stop
	run_as "node$1"
}

start_redis
run_as test

echo 1..6
publish 5000 1
published=5000
check "everything is settled" wait_for idle
rounds=0
until all_have_fired || [ $rounds = 30 ]; do
	rounds=$((rounds + 1))
	round $((rounds + 1)) || break
done
check "every point has fired" all_have_fired
for point in $often $seldom; do
	echo "# $point: $(fired "$point") times"
done
check "everything is settled after $rounds rounds" wait_for idle
check "ordermqd stops in order" stop
# One in 25 that are made up refunds another one.
tests/audit "$dir/ordermq.conf" $((published * 24 / 25)) "$dir/push.jsonl" \
	>"$dir/audit" 2>&1
check "points are exact, every order is told, the books add up" [ $? = 0 ]
sed 's/^/# /' "$dir/audit"
check "no instance has anything to complain about" logs_are_sound
