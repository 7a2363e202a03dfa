#!/bin/sh
# A set that is well has no finding: under orders without end, while one of its
# instances, or the keeper, is killed each second, and afterwards. Nor does it
# raise an alarm. Prints TAP. HEALTHY_KILLS in the environment is the number of
# kills.

# shellcheck source=tests/fixtures/system_lib.sh
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

kills=${HEALTHY_KILLS:-6}

echo 1..5
configure 3 2
start_safe_redis "$dir"
start 5

bin/ordermq-order -c "$dir/ordermq.conf" -q --rate 500 --generate 100000 \
	2>"$dir/order.log" &
publisher=$!

# Nothing is wrong, and it is known: the keeper has told numbers.
is_healthy() {
	ctl status --json >"$dir/status"
	! grep '"kind":"finding"' "$dir/status"
}

findings=
for n in $(seq "$kills"); do
	victim=$(ctl status --json | sed -n 's/.*"kind":"\(instance\|keeper\)","name":"[^"]*","pid":\([0-9]*\).*/\2/p' |
		sed -n "$((n % 6 + 1))p")
	kill -9 "$victim"
	sleep 1
	findings="$findings$(is_healthy)"
done
kill "$publisher"
wait "$publisher" 2>/dev/null
publisher=
wait_for idle

report "no finding while $kills processes are killed" "$findings"
report 'no finding afterwards' "$(is_healthy)"
ctl check >"$dir/check"
report 'check is OK' "$(grep -v '^ORDERMQ OK: ' "$dir/check")"
restarts=$(ctl status --json | grep -o '"restarts":[0-9]*' |
	awk -F: '{ sum += $2 } END { print sum }')
check 'each was restarted' [ "$restarts" = "$kills" ]
report 'no alarm was raised' "$(grep 'finding ' "$dir/log")"
stop
