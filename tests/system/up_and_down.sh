#!/bin/sh
# 2 instances become 32 and 2 again while orders come in, some times over: nothing
# is lost or doubled, no consumer is left behind, who is not touched keeps his
# process, and ordermqd is as large after as before. A short form of
# tests/long/up-and-down.sh, which sets CYCLES and READY_MSECS, within which half
# of the times all must be ready. Prints TAP and the figures.
# shellcheck source=tests/fixtures/system_lib.sh
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

cycles=${CYCLES:-3}
ready_msecs=${READY_MSECS:-10000}
# What events and allocators may still take when all have been there once.
grow_kib=512
# The sanitizers keep what is freed.
[ -z "$SAN_FLAGS" ] || grow_kib=65536

pids() {
	ctl status | awk '$1 ~ /^(points-[12]|push-[12])$/ { print $2 }' | xargs
}
restarts() {
	ctl status --json | sed -n '/"kind":"instance"/s/.*"restarts":\([0-9]*\).*/\1/p' |
		awk '{ n += $1 } END { print n }'
}
consumers() { # of points, how many
	cli XINFO CONSUMERS ordermq points | grep -c '^name$'
}
consumers_are() {
	[ "$(consumers)" = "$1" ]
}
descriptors() {
	find "/proc/$daemon/fd" -mindepth 1 | wc -l
}
memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"
}
settled() { # settled GROUP
	cli HVALS "{ordermq}:$1:books" | awk '{ n += $1 } END { print n + 0 }'
}
# From the first process to the last one that is ready, by ordermqd's clock.
took() {
	ctl events --json |
		sed -n 's/.*T\([0-9:.]*\)Z".*"name":"points-\([0-9]*\)","text":"\(.*\)"}$/\1 \2 \3/p' |
		awk '{ split($1, t, ":"); now = (t[1] * 60 + t[2]) * 60000 + t[3] * 1000 }
			$2 == 3 && / started$/ { from = now; n = 0 }
			$2 > 2 && / is ready$/ { to = now; n++ }
			END { printf "%d %d\n", n, to - from + (to < from) * 86400000 }'
}

configure 2 2
start_redis
start 4
before=$(pids)
bin/ordermq-order -c "$dir/ordermq.conf" --quiet --generate $((cycles * 3000)) \
	--seed 7 --rate 1000 &
publisher=$!

n=0
untouched=yes
clean=yes
: >"$dir/took"
while [ $n -lt "$cycles" ]; do
	n=$((n + 1))
	ctl scale points=32 >/dev/null
	wait_for instances_are_ready 34 || break
	took >>"$dir/took"
	[ "$(consumers)" = 32 ] || clean="32 are $(consumers)"
	ctl scale points=2 >/dev/null
	wait_for instances_are_ready 4 || break
	wait_for consumers_are 2 || clean="$(consumers) are left"
	[ "$(pids)" = "$before" ] || untouched="now $(pids)"
	[ $n -gt 1 ] || { fds=$(descriptors); kib=$(memory); }
done

echo 1..9
check "every cycle comes to its end" [ $n = "$cycles" ]
check "who was there from the beginning is still there: $untouched" \
	[ "$untouched" = yes ]
check "no consumer is left behind: $clean" [ "$clean" = yes ]
check "nobody had to be restarted" [ "$(restarts)" = 0 ]
check "ordermqd has no more descriptors" [ "$(descriptors)" = "$fds" ]
check "and no more memory: $kib KiB, then $(memory)" \
	[ "$(memory)" -le $((kib + grow_kib)) ]
median=$(awk '$1 == 30 { print $2 }' "$dir/took" | sort -n |
	awk '{ all[NR] = $1 } END { print NR ? all[int((NR + 1) / 2)] : "none" }')
echo "# ms until 30 more were ready: $(cut -d' ' -f2 "$dir/took" | sort -n | xargs), median $median"
check "half of the times all are ready within $ready_msecs ms" \
	[ "$median" -lt "$ready_msecs" ]
wait "$publisher"
publisher=
wait_for idle
orders=$((cycles * 3000))
check "nothing is lost or doubled" [ "$(settled points) $(settled push) $(lines_and_keys) $(book points duplicate)" = \
	"$orders $orders $orders $orders " ]
check "ordermqd stops in order" stop
