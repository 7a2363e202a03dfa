#!/bin/sh
# Whatever happens to an outbox, each order that was accepted is in the stream
# exactly once in the end: writers and the drainer are killed at a random moment,
# in every third run Redis too; the disk is full; a byte is changed. A short form
# of tests/long/outbox.sh, which sets RUNS and ORDERS. Prints TAP.
set -u
. "${srcdir:-.}/tests/fixtures/system_mounts.sh"
. "${srcdir:-.}/tests/fixtures/system_lib.sh"
# What was started is ended by system_lib.sh, which knows these three.
writer=
drainer=
trap 'publisher="$writer $drainer"; umount "$outbox" 2>/dev/null; leave' EXIT

runs=${RUNS:-3}
orders=${ORDERS:-3000}
outbox=$dir/outbox

# random MAX: a whole number below it.
random() {
	awk -v n="$(od -An -N4 -tu4 /dev/urandom)" -v max="$1" \
		'BEGIN { print int(n % max) }'
}

# In the background only: it takes the place of the shell, to be killed.
order_exec() {
	exec bin/ordermq-order -c "$dir/ordermq.conf" -q "$@" 2>>"$dir/said"
}

order() {
	(order_exec "$@")
}

# put_exec PART OPTION...: the orders of that part of the input into the outbox.
put_exec() {
	part=$1
	shift
	order_exec --outbox "$outbox" --csv "$dir/$part.csv" --batch 50 "$@"
}

put() {
	(put_exec "$@")
}

# What a killed writer leaves behind is no harm; anything else is.
drain() {
	order --drain "$outbox" && return
	! grep 'no whole record' "$dir/said" | grep -v 'end of the segment' &&
		grep -q 'no whole record' "$dir/said"
}

begin() {
	cli FLUSHALL >/dev/null
	rm -f "$outbox"/* "$dir/said"
}

# complain: say what is known, and fail.
complain() {
	echo "# $(cli XLEN ordermq) entries; $*"
	find "$outbox" -type f -size +0 -printf '# %f %s\n'
	tail -n 20 "$dir/said" | sed 's/^/# /'
	return 1
}

has_each_once() { # has_each_once FILE
	order_numbers | sort | cmp -s - "$1" || complain 'not each order once'
}

kill_it() { # kill_it PID
	kill -9 "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

killed() { # killed RUN
	begin
	put_exec a & writer=$!
	order_exec --drain "$outbox" --follow & drainer=$!
	put_exec b & other=$!
	sleep "0.$(printf '%03d' "$(random $((orders / 20)))")"
	[ $(($1 % 3)) != 0 ] || { kill_redis; start_safe_redis "$dir"; }
	kill_it "$writer"
	[ $(($1 % 2)) != 0 ] || kill_it "$drainer"
	wait $other || { complain 'a writer that nobody killed failed'; return 1; }
	# One at a time, and whoever is told so has a promise.
	for number in 1 2 3 4 5 6 7 8; do
		order_exec --outbox "$outbox" orderno="S-$number" &
		writer=$!
		[ $number != "$(random 8)" ] || kill -9 $writer 2>/dev/null
		wait $writer && echo "S-$number"
	done >"$dir/accepted"
	put a || { complain 'not put again'; return 1; }
	kill_it "$drainer"
	writer='' drainer=''
	drain || { complain 'not drained'; return 1; }
	order_numbers | sort >"$dir/found"
	while read -r number; do
		grep -qx "$number" "$dir/found" ||
			{ complain "$number was accepted"; return 1; }
	done <"$dir/accepted"
	if [ -n "$(uniq -d "$dir/found")" ] ||
	   ! grep -v '^S-' "$dir/found" | cmp -s - "$dir/numbers"; then
		complain 'not each order once'
	fi
}

full() { # on a disk too small for all
	begin
	mount -t tmpfs -o "size=$((orders / 20))k" none "$outbox" || return
	full_disk
	status=$?
	umount "$outbox"
	return $status
}

full_disk() {
	put all --timeout 50ms
	[ $? = 75 ] || { complain 'a full disk was not told'; return 1; }
	line=$(sed -n 's/.*all\.csv:\([0-9]*\): accepted up to here$/\1/p' "$dir/said")
	drain || { complain 'not drained'; return 1; }
	head -n "$line" "$dir/all.csv" | sed -n 's/,.*//;2,$p' | sort >"$dir/first"
	has_each_once "$dir/first" || return
	# While it is drained, there is room for all in the end.
	order_exec --drain "$outbox" --follow & drainer=$!
	put all || { complain 'not all was put'; return 1; }
	kill_it "$drainer"
	drainer=
	drain && has_each_once "$dir/numbers"
}

changed() { # a byte of a segment
	begin
	put all || return
	segment=$outbox/00000000000000000001.orders
	at=$(random "$(wc -c <"$segment")")
	byte=$(od -An -tu1 -j"$at" -N1 "$segment")
	printf '%b' "\\0$(printf '%03o' $((byte ^ (1 << $(random 8)))))" |
		dd of="$segment" bs=1 seek="$at" conv=notrunc 2>/dev/null
	order --drain "$outbox"
	[ $? = 65 ] || { complain "byte $at was not told"; return 1; }
	sed -n 's/.*\.orders:\([0-9]*\): \([0-9]*\) bytes are no whole.*/\1 \2/p' \
		"$dir/said" >"$dir/damage"
	awk -v at="$at" '{ found += at >= $1 && at < $1 + $2 }
		END { exit !(NR == 1 && found == 1) }' "$dir/damage" ||
		{ complain "byte $at was changed"; return 1; }
	if [ ! -e "${segment%.orders}.aside" ] ||
	   [ "$(cli XLEN ordermq)" != $((orders - 1)) ]; then
		complain 'not all but one'
		return 1
	fi
	put all && drain && has_each_once "$dir/numbers"
}

mkdir "$outbox"
awk -v n="$orders" 'BEGIN { print "orderno,userid,amount"
	for (i = 1; i <= n; i++) print "I-" i ",u" i % 100 "," i }' >"$dir/all.csv"
sed "$((orders / 2)),\$d" "$dir/all.csv" >"$dir/a.csv"
sed "2,$((orders / 2 - 1))d" "$dir/all.csv" >"$dir/b.csv"
sed -n 's/,.*//;2,$p' "$dir/all.csv" | sort >"$dir/numbers"
configure 1 1
start_safe_redis "$dir"

echo 1..$((3 * runs))
run=0
while [ $run -lt "$runs" ]; do
	run=$((run + 1))
	check "run $run: killed" killed $run
	if [ "$has_mounts" = yes ]; then
		check "run $run: a full disk" full
	else
		count=$((count + 1))
		echo "ok $count - run $run: a full disk # SKIP no mount namespaces"
	fi
	check "run $run: a changed byte" changed
done
