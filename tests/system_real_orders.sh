#!/bin/sh
# Half a year of a real shop's orders through real processes, once in peace and
# once with an instance killed every tenth of a second; the balances must be
# those that were computed elsewhere. Prints TAP.

top=$(pwd)
data=$(cd "${srcdir:-.}" && pwd)/../shared/data
orders=$data/orders-2010-12_2011-05.csv
balances=$data/orders-2010-12_2011-05-balances.csv

if ! [ -r "$orders" ] || ! command -v redis-cli >/dev/null; then
	echo "1..0 # SKIP no real orders, or no redis-cli"
	exit 0
fi

dir=$(mktemp -d /tmp/omq-XXXXXX) || exit 99
redis=
daemon=
publisher=
leave() {
	for pid in $publisher $daemon $redis; do
		kill -9 "$pid" 2>/dev/null
	done
	rm -rf "$dir"
}
trap leave EXIT
trap 'exit 99' INT TERM

count=0
check() { # check NAME COMMAND...: one test
	name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
	fi
}

cli() {
	redis-cli -s "$dir/redis.sock" "$@"
}

wait_for() { # wait_for COMMAND...: until it succeeds, a minute at most
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1200 ] || return 1
		sleep 0.05
	done
}

ctl() {
	supervisor/ordermqctl -c "$dir/ordermq.conf" "$@" 2>/dev/null
}

all_ready() {
	[ "$(ctl status | grep -c '^\(points\|push\)-.* ready ')" = 5 ]
}

start() {
	supervisor/ordermqd -c "$dir/ordermq.conf" -X test 2>>"$dir/log" &
	daemon=$!
	wait_for all_ready
}

stop() {
	kill -TERM "$daemon"
	wait "$daemon"
	stopped=$?
	daemon=
	return $stopped
}

group_is_idle() { # nothing pending, and everything delivered
	cli XINFO GROUPS ordermq | paste - - - - - - - - - - - - | awk -v g="$1" '
		$2 == g { found = $6 == 0 && $8 == last_id } END { exit !found }
	' last_id="$(cli XINFO STREAM ordermq | sed -n '/^last-generated-id$/{n;p;}')"
}

idle() {
	group_is_idle points && group_is_idle push
}

balances_are_right() {
	cli HGETALL '{ordermq}:points:balance' | paste -d, - - | sort \
		>"$dir/balances"
	tail -n +2 "$balances" | sort | cmp -s - "$dir/balances"
}

book() {
	cli HGET "{ordermq}:$1:books" "$2"
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

lines_and_keys() {
	tests/push_lines <"$dir/push.jsonl"
}

publish() {
	producers/ordermq-order -c "$dir/ordermq.conf" --quiet --csv "$orders" "$@"
}

cat >"$dir/ordermq.conf" <<CONF
redis = { url = "unix://$dir/redis.sock"; };
groups = (
  { name = "points"; program = "points"; instances = 3; },
  { name = "push"; program = "push"; instances = 2;
    push = { file = "$dir/push.jsonl"; }; }
);
supervisor = { control = "$dir/control.sock"; programs = "$top/consumers"; };
log = { to = "stderr"; };
CONF

redis-server --port 0 --unixsocket "$dir/redis.sock" --dir "$dir" --save "" \
	>"$dir/redis.log" 2>&1 &
redis=$!
wait_for cli PING >/dev/null 2>&1

echo 1..14

# In peace.
check "all instances are ready" start
publish --rate 2000
check "everything is settled" wait_for idle
check "the balances are exact" balances_are_right
check "every order is pushed once" [ "$(lines_and_keys)" = "10783 10783" ]
check "every instance handled some" each_instance_handled_some
check "ordermqd stops in order" stop

# With an instance killed every tenth of a second.
cli FLUSHALL >/dev/null
rm "$dir/push.jsonl"
check "all instances are ready again" start
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
