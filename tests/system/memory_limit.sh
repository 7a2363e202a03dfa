#!/bin/sh
# 600 orders of 200 KB each with two points and two push instances in a memory
# limit in which even a part of a batch is too much: the kernel kills an instance
# that read it, the next one reads half as many, and all orders are done. Prints
# TAP. Needs root and a memory cgroup of either version; skips itself without.
#
# usage: [LIMITS="MEGABYTES ..."] memory_limit.sh, from the build directory

if ! command -v redis-cli >/dev/null; then
	echo "1..0 # SKIP no redis-cli"
	exit 0
fi
# A sanitizer takes as much memory as the limit for itself.
if [ -n "${SAN_FLAGS-}" ]; then
	echo "1..0 # SKIP built with sanitizers"
	exit 0
fi
# shellcheck source=tests/fixtures/system_lib.sh
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

orders=600
order_bytes=200000
kills_max=12
cgroup=

leave_cgroup() {
	leave
	[ -z "$cgroup" ] || wait_for rmdir "$cgroup" 2>/dev/null
}
trap leave_cgroup EXIT

# Of either version; fails where none can be made.
make_cgroup() { # make_cgroup MEGABYTES
	for limit in memory/memory.limit_in_bytes memory.max; do
		path=/sys/fs/cgroup/${limit%memory.*}ordermq-test-$$
		mkdir "$path" 2>/dev/null || continue
		cgroup=$path
		if echo $(($1 * 1000000)) >"$path/${limit#memory/}"; then
			return 0
		fi 2>/dev/null
		rmdir "$path"
		cgroup=
	done
	return 1
}

# Written by another program, so that it costs the limit nothing.
publish() {
	cli EVAL "local text = string.rep('x', tonumber(ARGV[2]))
		for n = 1, tonumber(ARGV[1]) do
			redis.call('XADD', KEYS[1], '*', 'orderno', 'L-' .. n,
				'userid', '7', 'amount', '1000', 'text', text)
		end" 1 "$stream" "$orders" "$order_bytes" >/dev/null
}

settled() { # settled GROUP: in all
	{ book "$1" applied; book "$1" duplicate; } | awk '{ sum += $1 } END { print sum + 0 }'
}

all_done() {
	[ "$(settled points)" = "$orders" ] && [ "$(settled push)" = "$orders" ]
}

kills() {
	grep -c 'signal 9' "$dir/log"
}

few_kills() {
	[ "$(kills)" -le "$kills_max" ]
}

run() { # run MEGABYTES
	megabytes=$1
	configure 2 2
	start_redis && publish || return 1
	# shellcheck disable=SC2016 # for the other shell to expand
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" \
		bin/ordermqd -c "$dir/ordermq.conf" -X test 2>"$dir/log" &
	daemon=$!
	began=$(date +%s)
	check "in $megabytes MB all $orders orders are done" wait_for all_done
	echo "# $(($(date +%s) - began)) s, $(kills) kills"
	check "and at most $kills_max instances were killed" few_kills
	stop
	kill_redis
	wait_for rmdir "$cgroup" && cgroup=
	rm -f "$dir/push.jsonl" "$dir/redis.sock"
}

for megabytes in ${LIMITS:-28}; do
	if ! make_cgroup "$megabytes"; then
		echo "1..0 # SKIP no memory cgroup here"
		exit 0
	fi
	run "$megabytes"
done
echo "1..$count"
exit $((failures > 0))
