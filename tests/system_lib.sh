# For the system tests in shell, which source it: a private redis-server and a
# real ordermqd with points and push, in a directory of their own. Nothing of it
# outlives the test.
# shellcheck shell=sh

top=$(pwd)
# Another one, such as valkey-server, is tested in the same way.
redis_server=${ORDERMQ_TEST_REDIS:-redis-server}

dir=$(mktemp -d /tmp/omq-XXXXXX) || exit 99
stream=ordermq
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
failures=0
check() { # check NAME COMMAND...: one test
	name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $name"
	else
		failures=$((failures + 1))
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
	supervisor/ordermqctl -c "$dir/ordermq.conf" -s "$dir/control.sock" \
		"$@" 2>/dev/null
}

instances_are_ready() { # instances_are_ready N: of points and push together
	[ "$(ctl status | grep -c '^\(points\|push\)-.* ready ')" = "$1" ]
}

start() { # start N: ordermqd, and wait for its N instances
	supervisor/ordermqd -c "$dir/ordermq.conf" -X test 2>>"$dir/log" &
	daemon=$!
	wait_for instances_are_ready "$1"
}

stop() {
	kill -TERM "$daemon"
	wait "$daemon"
	stopped=$?
	daemon=
	return $stopped
}

group_is_idle() { # nothing pending, and everything delivered
	cli XINFO GROUPS "$stream" | paste - - - - - - - - - - - - | awk -v g="$1" '
		$2 == g { found = $6 == 0 && $8 == last_id } END { exit !found }
	' last_id="$(cli XINFO STREAM "$stream" | sed -n '/^last-generated-id$/{n;p;}')"
}

idle() {
	group_is_idle points && group_is_idle push
}

book() {
	cli HGET "{ordermq}:$1:books" "$2"
}

lines_and_keys() {
	tests/push_lines <"$dir/push.jsonl"
}

configure() { # configure POINTS PUSH: so many instances
	cat >"$dir/ordermq.conf" <<CONF
redis = { url = "unix://$dir/redis.sock"; };
groups = (
  { name = "points"; program = "points"; instances = $1; },
  { name = "push"; program = "push"; instances = $2;
    push = { file = "$dir/push.jsonl"; }; }
);
supervisor = { control = "$dir/control.sock"; programs = "$top/consumers"; };
log = { to = "stderr"; };
CONF
}

# What was built to watch itself has found nothing: but the signals that the
# trial group sends to itself.
logs_are_sound() {
	! grep -h 'SUMMARY: .*Sanitizer\|runtime error' "$dir"/*log |
		grep -v 'pthread_kill\|raise'
}

start_redis() {
	"$redis_server" --port 0 --unixsocket "$dir/redis.sock" --dir "$dir" \
		--save "" >"$dir/redis.log" 2>&1 &
	redis=$!
	wait_for cli PING >/dev/null 2>&1
}

# A Redis that has on the disk what it has answered, and its end and new start.
start_safe_redis() { # start_safe_redis DIRECTORY: of its files
	# After a kill -9 there is still the old one's socket.
	rm -f "$dir/redis.sock"
	redis-server --port 0 --unixsocket "$dir/redis.sock" --dir "$1" \
		--save "" --appendonly yes --appendfsync always \
		>>"$dir/redis.log" 2>&1 &
	redis=$!
	wait_for redis_answers
}

redis_answers() { # to redis-cli an error, such as LOADING, is an answer too
	[ "$(cli PING 2>/dev/null)" = PONG ]
}

kill_redis() {
	kill -9 "$redis" 2>/dev/null
	wait "$redis" 2>/dev/null
}

order_numbers() { # of the entries of the stream
	cli --raw XRANGE ordermq - + |
		awk 'last == "orderno" { print } { last = $0 }'
}
