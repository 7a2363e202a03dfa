#!/bin/sh
# Stopping under load, as for an upgrade: it takes no longer than what is in hand,
# and leaves nothing pending. Prints TAP.

. "${srcdir:-.}/tests/fixtures/system_lib.sh"

more_is_published() { # than the last time
	[ "$(cli XLEN ordermq)" -ge $((published + 500)) ]
}

pending() { # in both groups
	for group in points push; do
		cli --raw XPENDING ordermq $group | sed -n 1p
	done | xargs
}

stops_soon() { # in less time than a read may wait
	from=$(date +%s%N)
	stop || return
	took=$((($(date +%s%N) - from) / 1000000))
	[ $took -lt 1000 ] || { echo "# took $took ms"; return 1; }
}

configure 4 2
start_redis
echo 1..12
bin/ordermq-order -c "$dir/ordermq.conf" --quiet --generate 10000 \
	--seed 7 --rate 2500 &
publisher=$!
published=0
for run in 1 2 3 4; do
	start 6
	wait_for more_is_published
	check "stopped under load, all have ended soon ($run)" stops_soon
	left=$(pending)
	check "and have left nothing in between" [ "$left" = '0 0' ]
	published=$(cli XLEN ordermq)
done
start 6
wait "$publisher"
publisher=
wait_for idle
check "all is credited" [ "$(book points applied)" -gt 0 ]
check "the books balance" ctl verify
check "every order is pushed once" [ "$(lines_and_keys)" = '10000 10000' ]
check "idle, it stops as soon" stops_soon
