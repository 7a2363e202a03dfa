#!/bin/sh
# Does the benchmark work? One small round, which says nothing about speed: it
# ends well, writes what can be read, and a wrong sum does not pass. Prints TAP.

top=${srcdir:-.}
# shellcheck source=tests/fixtures/shell_lib.sh
. "$top/tests/fixtures/shell_lib.sh"
need python3 redis-server
own_directory
runner=
leave_processes() {
	[ -z "$runner" ] || kill -9 "$runner" 2>/dev/null
}

bench() { # bench OUT OPTION...: with its temporary directory in ours
	out=$dir/$1
	shift
	mkdir -p "$dir/tmp"
	TMPDIR=$dir/tmp python3 "$top/bench/bench.py" --out "$out" "$@" \
		>"$dir/text" 2>&1
}

# Every line is an object; all runs are there, checked, with their figures.
lines_are_sound() {
	python3 - "$dir/smoke/results.jsonl" <<'PYTHON'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
runs = {(row["case"], row["contender"]): row for row in rows
        if row["kind"] == "run"}
assert rows[0]["kind"] == "machine" and rows[0]["redis"], rows[0]
assert len(runs) == 5 and all(row["checked"] for row in runs.values())
for name in ("ordermq", "bare", "lua1"):
    row = runs["saturation", name]
    assert row["orders_per_s"] > 0 and row["redis_us_per_order"] > 0
    # Each order is added once, and read by two groups.
    assert row["calls_per_order"]["xadd"] == 1
assert runs["latency 1000/s", "ordermq"]["p50_us"] > 0
PYTHON
}

plot_is_sound() {
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' \
		"$dir/smoke/results.svg"
}

# No file, and no process that works there or was told of it.
nothing_is_left() {
	echo "$dir/tmp/" >"$dir/pattern"
	[ -z "$(ls "$dir/tmp")" ] &&
		! grep -qsFf "$dir/pattern" /proc/[0-9]*/cmdline &&
		! readlink /proc/[0-9]*/cwd | grep -qF "$dir/tmp/"
}

refuses_a_wrong_sum() {
	! bench tampered --tamper &&
		grep -q 'wrong sums: points 100181, expected 100180' "$dir/text"
}

has_begun() {
	[ -S "$(echo "$dir"/tmp/*/control.sock)" ]
}

# Ctrl-C in the middle of a run.
interrupted() {
	TMPDIR=$dir/tmp python3 "$top/bench/bench.py" --out "$dir/int" \
		--case saturation >"$dir/text" 2>&1 &
	runner=$!
	wait_for has_begun || return
	kill -TERM "$runner"
	wait "$runner"
	status=$?
	runner=
	[ $status = 143 ]
}

echo 1..7
check "one small round of every contender" bench smoke --smoke
sed -n '/Error\|bench:/s/^/# /p' "$dir/text"
check "the results are sound JSON Lines" lines_are_sound
check "the plot is sound XML" plot_is_sound
check "nothing is left behind" nothing_is_left
check "a wrong sum is noticed" refuses_a_wrong_sum
check "a signal ends a run" interrupted
check "and it leaves nothing behind either" nothing_is_left
