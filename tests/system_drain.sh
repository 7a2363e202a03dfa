#!/bin/sh
# Stopping under load, as for an upgrade: it takes no longer than what is in hand,
# and leaves nothing pending. Prints TAP.

if ! command -v redis-cli >/dev/null; then
	echo "1..0 # SKIP no redis-cli"
	exit 0
fi
. "${srcdir:-.}/tests/system_lib.sh"

more_is_published() { # than the last time
	[ "$(cli XLEN ordermq)" -ge $((published + 500)) ]
}

pending() { # in both groups
	for group in points push; do
		cli --raw XPENDING ordermq $group | sed -n 1p
	done | xargs
}

# Within the drain. How long the quickest stop took goes to $least.
stops() {
	from=$(date +%s%N)
	stop || return
	took=$((($(date +%s%N) - from) / 1000000))
	[ $took -ge "$least" ] || least=$took
}

configure 4 2
start_redis
echo 1..13
least=10000
producers/ordermq-order -c "$dir/ordermq.conf" --quiet --generate 10000 \
	--seed 7 --rate 2500 &
publisher=$!
published=0
for run in 1 2 3 4; do
	start 6
	wait_for more_is_published
	check "stopped under load, all have ended ($run)" stops
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
check "idle, it stops as well" stops
# A read waits for up to 3 s.
echo "# the quickest stop took $least ms"
check "no stop waits for a read to end" [ "$least" -lt 1000 ]
