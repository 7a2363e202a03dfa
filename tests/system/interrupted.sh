#!/bin/sh
# A load that is interrupted with kill -9 at a random moment and started again
# leaves every order exactly once in the stream; in every third run Redis, which
# syncs its file at every write, is killed too, and in the end its disk is full.
# A short form of tests/long/interrupted.sh, which sets RUNS and ORDERS. Prints
# TAP.
set -u
. "${srcdir:-.}/tests/fixtures/system_mounts.sh"
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

runs=${RUNS:-3}
orders=${ORDERS:-5000}

# Until the load has come to a random place between this one and nine tenths.
await_place() { # await_place ENTRIES
	place=$(awk -v n="$(od -An -N4 -tu4 /dev/urandom)" -v from="$1" \
		-v to=$((orders * 9 / 10)) 'BEGIN {
			printf "%d", from + 1 + (to - from) * (n % 10000) / 10000 }')
	while kill -0 "$publisher" 2>/dev/null; do
		there=$(cli XLEN ordermq 2>/dev/null)
		[ "${there:-0}" -lt "$place" ] || return
	done
}

# In the background only: it takes the place of the shell, to be killed.
load_exec() { # load_exec OPTION...
	exec bin/ordermq-order -c "$dir/ordermq.conf" -q \
		--csv "$dir/orders.csv" "$@" >>"$dir/load.log" 2>&1
}

load() { # load OPTION...
	(load_exec "$@")
}

restart_redis() {
	kill_redis
	start_safe_redis "$dir"
}

begin() {
	cli FLUSHALL >/dev/null
	rm -f "$dir/state" "$dir/load.log"
}

whole() {
	begin
	load --once && has_each_once
}

hit=0
killed=0
interrupted() { # interrupted NUMBER: one run
	begin
	state=
	# Every other run has no state and goes by what Redis knows alone.
	[ $(($1 % 2)) = 0 ] || state="--state $dir/state"
	# shellcheck disable=SC2086 # two words
	load_exec --once $state &
	publisher=$!
	await_place 0
	[ $(($1 % 3)) != 0 ] || restart_redis
	kill -9 "$publisher" 2>/dev/null
	wait "$publisher" 2>/dev/null
	[ $? != 137 ] || killed=$((killed + 1))
	publisher=
	before=$(cli XLEN ordermq)
	[ "$before" = 0 ] || [ "$before" = "$orders" ] || hit=$((hit + 1))
	# shellcheck disable=SC2086
	if [ $(($1 % 3)) = 0 ]; then
		load_exec --once $state &
		publisher=$!
		await_place "$before"
		restart_redis
		wait "$publisher" || return
		publisher=
	else
		load --once $state || return
	fi
	has_each_once
}

has_each_once() {
	order_numbers | sort >"$dir/found"
	cmp -s "$dir/found" "$dir/numbers" && return
	echo "# $(wc -l <"$dir/found") entries, $(uniq "$dir/found" | wc -l) orders"
	sed 's/^/# /' "$dir/load.log"
	return 1
}

full_disk() { # under the files of Redis, which then ends
	kill_redis
	mkdir "$dir/small" &&
		mount -t tmpfs -o "size=$((orders / 20))k" none "$dir/small" &&
		start_safe_redis "$dir/small" || return
	begin
	load --state "$dir/state" --timeout 100ms
	[ $? = 75 ] && mount -o "remount,size=$((2 * orders))k" "$dir/small" ||
		return
	kill_redis
	start_safe_redis "$dir/small" || return
	before=$(cli XLEN ordermq)
	echo "# $before of $orders orders fitted"
	[ "$before" -gt 0 ] && [ "$before" -lt "$orders" ] &&
		load --state "$dir/state" && has_each_once
}

echo 1..$((runs + 3))
awk -v n="$orders" 'BEGIN { print "orderno,userid,amount"
	for (i = 1; i <= n; i++) print "I-" i ",u" i % 100 "," i }' >"$dir/orders.csv"
awk -F, 'NR > 1 { print $1 }' "$dir/orders.csv" | sort >"$dir/numbers"
configure 1 1
start_safe_redis "$dir"
check "$orders orders are loaded" whole
run=0
while [ $run -lt "$runs" ]; do
	run=$((run + 1))
	check "interrupted load $run has each order once" interrupted $run
done
echo "# $killed of $runs loads were killed, $hit of all in the middle"
check 'most were interrupted in the middle' [ $((2 * hit)) -ge "$runs" ]
if [ "$has_mounts" = yes ]; then
	check 'and so does one that filled the disk of Redis' full_disk
	kill_redis
	redis=
	umount "$dir/small"
else
	echo "ok $((count + 1)) - a full disk # SKIP no mount namespaces"
fi
