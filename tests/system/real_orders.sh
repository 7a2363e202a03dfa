#!/bin/sh
# Half a year of a real shop's orders through real processes, once in peace and
# once with an instance killed every tenth of a second; the balances must be
# those that were computed elsewhere. Prints TAP.

data=$(cd "${srcdir:-.}" && pwd)/../shared/data
orders=$data/orders-2010-12_2011-05.csv
balances=$data/orders-2010-12_2011-05-balances.csv

if ! [ -r "$orders" ] || ! command -v redis-cli >/dev/null; then
	echo "1..0 # SKIP no real orders, or no redis-cli"
	exit 0
fi

. "${srcdir:-.}/tests/fixtures/system_lib.sh"

balances_are_right() {
	cli HGETALL '{ordermq}:points:balance' | paste -d, - - | sort \
		>"$dir/balances"
	tail -n +2 "$balances" | sort | cmp -s - "$dir/balances"
}

each_instance_handled_some() {
	ctl status | awk '/^(points|push)-/ { n++; some += $5 > 0 }
		END { exit !(n == 5 && some == 5) }'
}

random_pid() {
	ctl status | awk -v seed="$1" '
		/^(points|push)-/ && $2 > 0 { pid[n++] = $2 }
		END { srand(seed); if (n) print pid[int(rand() * n)] }'
}

publish() {
	bin/ordermq-order -c "$dir/ordermq.conf" --quiet --csv "$orders" "$@"
}

configure 3 2
start_redis

echo 1..14

# In peace.
check "all instances are ready" start 5
publish --rate 2000
check "everything is settled" wait_for idle
check "the balances are exact" balances_are_right
check "every order is pushed once" [ "$(lines_and_keys)" = "10783 10783" ]
check "every instance handled some" each_instance_handled_some
check "ordermqd stops in order" stop

# With an instance killed every tenth of a second.
cli FLUSHALL >/dev/null
rm "$dir/push.jsonl"
check "all instances are ready again" start 5
publish --rate 1000 &
publisher=$!
kills=0
while kill -0 "$publisher" 2>/dev/null; do
	pid=$(random_pid $kills)
	[ -n "$pid" ] && kill -9 "$pid" 2>/dev/null && kills=$((kills + 1))
	sleep 0.1
done
wait "$publisher"
publisher=
check "everything is settled, after $kills kills" wait_for idle
check "the balances are exact" balances_are_right
lines_and_keys >"$dir/pushed"
echo "# pushed: lines and keys: $(cat "$dir/pushed"); the surplus are duplicates"
check "every order is pushed, every line parses" \
	grep -q ' 10783$' "$dir/pushed"

# The same file again.
publish
check "everything is settled once more" wait_for idle
check "the balances are the same" balances_are_right
check "all is refused as duplicates, but guests" \
	[ "$(book points duplicate) $(book points guest)" = "8998 3570" ]
check "pushed again with the same keys" [ "$(lines_and_keys | cut -d' ' -f2)" = 10783 ]
stop
