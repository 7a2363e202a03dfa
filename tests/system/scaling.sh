#!/bin/sh
# Scaling by editing a number, while orders come in: what is not touched keeps its
# process, nothing is lost, and no consumer is left behind. Prints TAP.

. "${srcdir:-.}/tests/fixtures/system_lib.sh"

pid_of() {
	ctl status | awk -v name="$1" '$1 == name { print $2 }'
}

consumers() { # of a group, sorted
	cli XINFO CONSUMERS ordermq "$1" | sed -n '/^name$/{n;p;}' | sort | xargs
}

length() {
	cli XLEN ordermq
}

is_published() { # is_published N: at least
	[ "$(length)" -ge "$1" ]
}

consumers_are() { # consumers_are GROUP "NAME NAME ..."
	[ "$(consumers "$1")" = "$2" ]
}

settled() { # settled GROUP: entries in all books together
	cli HVALS "{ordermq}:$1:books" | awk '{ n += $1 } END { print n + 0 }'
}

configure 3 2
start_redis

echo 1..14
check "all instances are ready" start 5
first=$(pid_of points-1)
third=$(pid_of points-3)
push=$(pid_of push-2)

bin/ordermq-order -c "$dir/ordermq.conf" --quiet --generate 9000 \
	--seed 7 --rate 1500 &
publisher=$!

wait_for is_published 1500
configure 5 2
ctl reload >"$dir/answer"
check "a reload answers what it changes" grep -q 'points 3 -> 5' "$dir/answer"
check "two more are ready" wait_for instances_are_ready 7
check "those that were there are still the same" \
	[ "$first $third $push" = "$(pid_of points-1) $(pid_of points-3) $(pid_of push-2)" ]

wait_for is_published 4500
configure 2 2
ctl reload >"$dir/answer"
check "a reload to fewer answers, too" grep -q 'points 5 -> 2' "$dir/answer"
check "three are gone" wait_for instances_are_ready 4
check "the first is still the same" [ "$first" = "$(pid_of points-1)" ]

wait_for is_published 6000
echo "instanses = 4;" >>"$dir/ordermq.conf"
bin/ordermqctl -c "$dir/ordermq.conf" reload >"$dir/refused" 2>&1
check "a reload of nonsense is refused with 78" [ $? = 78 ]
check "it names file, line and key" \
	grep -q "ordermq.conf:9: instanses: unknown setting" "$dir/refused"
kill -9 "$first"
check "an instance that dies then comes back all the same" \
	wait_for instances_are_ready 4

wait "$publisher"
publisher=
wait_for idle
check "nothing is lost" \
	[ "$(settled points) $(settled push)" = "9000 9000" ]
check "every order is pushed" [ "$(lines_and_keys | cut -d' ' -f2)" = 9000 ]
check "only the consumers that are wanted are left" \
	wait_for consumers_are points "points-1@test points-2@test"
configure 2 2
check "ordermqd stops in order" stop
