#!/bin/bash
# Each fuzz target for some time, in a build of its own with clang. Prints TAP;
# an input that must not be is kept, and its path is shown. Needs clang with
# libFuzzer and what the build needs; uses one core.
#
# usage: fuzz.sh SECONDS [SOURCE-DIRECTORY]
set -u
seconds=${1:?usage: fuzz.sh SECONDS [SOURCE-DIRECTORY]}
top=$(cd "${2:-$(dirname "$0")/../..}" && pwd) || exit 99

# shellcheck source=tests/fixtures/shell_lib.sh
. "$top/tests/fixtures/shell_lib.sh"

base=$(mktemp -d /var/tmp/omq-fuzz-XXXXXX) || exit 99
keep=
trap '[ -n "$keep" ] || rm -rf "$base"' EXIT
trap 'exit 99' INT TERM HUP
cd "$base" || exit 99

command -v "${CC:-clang}" >/dev/null || skip 'no clang'
[ -x "$top/configure" ] || skip 'no configure: run ./bootstrap build'
# A source directory that was configured itself admits no second build.
[ ! -e "$top/config.status" ] || skip 'built in the source directory'
if ! "$top/configure" -q --enable-fuzzing >log 2>&1; then
	grep -q 'needs clang with libFuzzer' log && skip 'clang without libFuzzer'
	sed 's/^/# /' log
	exit 1
fi
make -s >>log 2>&1 || { tail -n 50 log | sed 's/^/# /'; exit 1; }

count=0
targets=$(make -s fuzz-targets)
for target in $targets; do
	count=$((count + 1))
	if nice make -s fuzz fuzz_targets="$target" FUZZ_SECONDS="$seconds" \
		>log 2>&1 </dev/null; then
		echo "ok $count - $target for $seconds s"
	else
		keep=yes
		echo "not ok $count - $target"
		tail -n 100 log | sed 's/^/# /'
		echo "# the input is below $base/fuzz"
	fi
	sed -n 's/^stat::number_of_executed_units: */# executions: /p' log
done
echo "1..$count"
