#!/bin/sh
# A checker that cannot fail proves nothing: services that are wrong in the ways
# in which one gets them wrong, under the deaths and stalls that bring it to
# light. tests/audit must name the damage of each, and find none where the one
# thing that was missing is there. Prints TAP.

. "${srcdir:-.}/tests/fixtures/system_lib.sh"

run() { # run VARIANT PROGRAM RULE
	cli FLUSHALL >/dev/null
	rm -f "$dir/push.jsonl" "$dir/log"
	group=$2
	section=
	[ "$2" != push ] || section="push = { file = \"$dir/push.jsonl\"; };"
	cat >"$dir/ordermq.conf" <<-CONF
	redis = { url = "unix://$dir/redis.sock"; };
	groups = ( { name = "$2"; program = "$2"; instances = 3; batch = 8;
	  owner_ttl = "1s"; $section } );
	supervisor = { control = "$dir/control.sock"; hang_timeout = "10m";
	  programs = "$top/tests/broken/$1"; };
	log = { to = "stderr"; };
	CONF
	ORDERMQ_CRASH=$3 bin/ordermqd -c "$dir/ordermq.conf" -X test \
		2>>"$dir/log" &
	daemon=$!
}

fired() {
	grep -c "^crash point " "$dir/log"
}

is_idle() {
	group_is_idle "$group"
}

# Those that stopped themselves go on once others have settled what they hold;
# and one of them in any case when nobody else is left.
resume() {
	stopped=
	for pid in $(ctl status |
		awk -v g="$group" 'index($1, g "-") == 1 { print $2 }'); do
		grep -q '^State:.T' "/proc/$pid/status" 2>/dev/null &&
			stopped="$stopped $pid"
	done
	# shellcheck disable=SC2086 # a list of numbers
	set -- $stopped
	if [ $# -gt 0 ] && is_idle; then
		kill -CONT "$@"
	elif [ $# = 3 ]; then
		kill -CONT "$1"
	fi
}

is_idle_after_resume() {
	resume
	[ -z "$stopped" ] && is_idle
}

# Publish until the rule has struck five times, and wait until all is settled.
strike() {
	seed=0
	while :; do
		seed=$((seed + 1))
		bin/ordermq-order -c "$dir/ordermq.conf" --quiet \
			--generate 500 --seed $seed
		wait_for is_idle_after_resume || return 1
		[ "$(fired)" -lt 5 ] || return 0
		[ $seed -lt 50 ] || return 1
	done
}

audit() { # audit: and tell
	tests/audit "$dir/ordermq.conf" $((seed * 480)) "$dir/push.jsonl" \
		>"$dir/audit" 2>/dev/null
	echo "# $(fired) deaths or stalls, $(grep -v ' 0$' "$dir/audit" | xargs)"
}

names() { # names KIND: it reports such damage
	awk -v kind="$1" '$1 == kind && $2 > 0 { found = 1 } END { exit !found }' \
		"$dir/audit"
}

start_redis

echo 1..10
run naive points before-settle:0.05
check "an effect before the acknowledgement: all is settled" strike
check "ordermqd stops" stop
audit
check "and the checker finds points awarded twice" names over-award

run early push after-settle:0.05
check "an acknowledgement before the effect: all is settled" strike
check "ordermqd stops" stop
audit
check "and the checker finds orders that nobody was told of" names lost-push

run unfenced points before-settle:0.03:stop
check "a settling script without the fence: all is settled" strike
audit
stop
check "and the checker finds what a former owner applied again" names over-award

run fenced points before-settle:0.03:stop
check "the same script with the fence: all is settled" strike
audit
stop
exact() {
	! names over-award && ! names under-award
}
check "and the points are exact" exact
