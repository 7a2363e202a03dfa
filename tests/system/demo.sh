#!/bin/sh
# The demo is what a newcomer sees first: its counts must be right, it must be
# readable, and it must leave nothing behind. Prints TAP.

# shellcheck source=tests/fixtures/shell_lib.sh
. "${srcdir:-.}/tests/fixtures/shell_lib.sh"
need redis-server
own_directory

explain() {
	sed 's/^/# /' "$dir/shown"
}

runs_in() { # is there a process that was started with this directory?
	grep -qs "$1" /proc/[0-9]*/cmdline
}

does_not_run_in() {
	! runs_in "$1"
}

demo() {
	LC_ALL=C.UTF-8 bin/ordermqctl --build-dir "$(pwd)" demo
}

longest_line() { # in characters, where awk may count bytes
	sed 's/\xe2\x96\x88/#/g' "$1" |
		awk 'length > n { n = length } END { print n }'
}

echo 1..9
demo >"$dir/shown" 2>&1
check "the demo ends with 0" [ $? = 0 ]
stage=$(sed -n 's/.*a private one in \(.*\)$/\1/p' "$dir/shown")
check "every count is right" [ "$(grep -c '^  right ' "$dir/shown")" = 4 ]
check "plain XREAD shows 6,000 duplicates, groups none that count" \
	grep -Eq 'xread +3,000 +9,000 +3,000 +6,000' "$dir/shown"
check "it is readable in 80 columns" [ "$(longest_line "$dir/shown")" -le 80 ]
check "there is no colour where there is no terminal" \
	[ "$(grep -c "$(printf '\033')" "$dir/shown")" = 0 ]
check "it leaves no directory behind" [ ! -e "$stage" ]
check "it leaves no process behind" does_not_run_in "$stage"

mkdir -p "$dir/nothing/bin"
bin/ordermqctl --build-dir "$dir/nothing" demo >"$dir/shown" 2>&1
check "a demo that is not there is a clear failure" [ $? = 69 ]
bin/ordermq-demo --build-dir "$dir/nothing" demo >"$dir/shown" 2>&1
check "programs that are not there are a clear failure" [ $? = 69 ]
rm -rf "$(sed -n 's/^The logs are in //p' "$dir/shown")"
