#!/bin/sh
# ordermqctl compare: what it prints is what its workers did, it fails where it
# cannot tell, and leaves nothing behind. Prints TAP.
set -u

# shellcheck source=tests/fixtures/shell_lib.sh
. "${srcdir:-.}/tests/fixtures/shell_lib.sh"
need redis-server
own_directory
pid=
stage=
leave_processes() {
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
	case $stage in
	/tmp/ordermq-compare-?*) rm -rf "$stage" ;;
	esac
}

explain() {
	sed 's/^/# /' "$dir/shown" "$dir/err"
}

compare() { # compare OPTION...: into shown, err and status
	LC_ALL=C.UTF-8 bin/ordermqctl --build-dir "$programs" compare \
		"$@" >"$dir/shown" 2>"$dir/err"
	status=$?
}
programs=$(pwd)

# way NAME CONDITION: of its line, where each member is a variable of awk
way() {
	grep "\"way\": *\"$1\"" "$dir/shown" | tr -d '{}" ' | tr ',' '\n' |
		awk -F: '{ of[$1] = $2 } END { exit !('"$2"') }'
}

# Processes of a stage have its directory in their arguments.
runs_in() {
	grep -qs "$1" /proc/[0-9]*/cmdline
}

runs_no_more() {
	! runs_in "$1"
}

# The process of that worker.
worker_of() { # worker_of DIRECTORY WORKER
	# shellcheck disable=SC2046 # a list of files
	grep -lsaz "^$2\$" $(grep -ls "$1" /proc/[0-9]*/cmdline) /dev/null |
		sed 's|/proc/\(.*\)/cmdline|\1|'
}

stage_find() {
	stage=$(sed -n 's/.*a private one in \([^,]*\),.*/\1/p' "$dir/shown" \
		2>/dev/null)
	[ -n "$stage" ]
}

worker_is_there() {
	worker=$(worker_of "$stage" group-2)
	[ -n "$worker" ]
}

# One that takes its time, and has begun.
begin() {
	rm -f "$dir/shown"
	bin/ordermqctl --build-dir "$programs" compare --orders 30000 \
		>"$dir/shown" 2>"$dir/err" &
	pid=$!
	wait_for stage_find && wait_for grep -qs 'workers .*are there' "$dir/shown" &&
		worker_is_there
}

# Conditions of more than one part.

some_are_shared() {
	way list 'of["goes_to"] == "one"' && way group 'of["goes_to"] == "one"' &&
		way pubsub 'of["goes_to"] == "every"' &&
		way xread 'of["goes_to"] == "every"'
}

streams_replay() {
	way list 'of["replayed"] == 0' && way pubsub 'of["replayed"] == 0' &&
		way xread 'of["replayed"] == 200' && way group 'of["replayed"] == 200'
}

all_but_one_survive() {
	way list 'of["survived"] == 20' && way pubsub 'of["survived"] == 0' &&
		way xread 'of["survived"] == 20' && way group 'of["survived"] == 20'
}

nothing_is_left() {
	stage_find && [ ! -e "$stage" ] && runs_no_more "$stage"
}

ends_with() { # ends_with STATUS: the one that was begun
	wait "$pid"
	status=$?
	pid=
	[ $status = "$1" ]
}

is_missing() { # is_missing PROGRAM
	[ $status = 69 ] && grep -q "$1: not found" "$dir/err"
}

is_refused() {
	[ $status = 64 ] && grep -q 'from 48 to 100000' "$dir/err"
}

echo 1..23
compare --orders 200 --workers 3 --json
check 'it ends with 0' [ $status = 0 ]
check 'each way is a line of JSON' \
	[ "$(grep -c '^{"kind":.*}$' "$dir/shown")" = 4 ]
check 'the list loses what the killed worker held' way list \
	'of["lost"] == 1 && of["lost_killed"] == 1 && of["delivered"] == 199'
check 'Pub/Sub loses what the killed and the late one missed' way pubsub \
	'of["lost_late"] == 100 && of["lost_killed"] > 0 &&
	of["lost_killed"] <= 50 &&
	of["lost"] == of["lost_late"] + of["lost_killed"] &&
	of["delivered"] == 3 * 200 - of["lost"]'
check 'XREAD delivers to each of the three' way xread \
	'of["delivered"] == 600 && of["duplicates"] == 400 && of["lost"] == 0'
check 'the group delivers once and loses nothing' way group \
	'of["delivered"] == 200 && of["duplicates"] == 0 && of["lost"] == 0'
check 'what is shared is told from what is not' some_are_shared
check 'a stream can be replayed' streams_replay
check 'all but Pub/Sub survive a restart' all_but_one_survive

compare --orders 64 --workers 4
check 'it is readable in 80 columns' \
	[ "$(awk 'length > n { n = length } END { print n }' "$dir/shown")" -le 80 ]
check 'the table has what was measured' \
	grep -Eq '^  xread +every worker +256 +192 +0 +all 64 +all 6$' "$dir/shown"
check 'it leaves nothing behind' nothing_is_left

check 'a worker dies that was not to' begin
kill -9 "$worker"
check 'then nothing is told' ends_with 70
check 'but why' grep -q 'group-2: ended with signal 9' "$dir/err"
check 'and nothing runs any more' runs_no_more "$stage"
rm -rf "$stage"

begin
kill -9 "$pid"
wait "$pid" 2>/dev/null
pid=
check 'kill -9 takes its processes along' wait_for runs_no_more "$stage"
rm -rf "$stage"

begin
kill -INT "$pid"
check 'it can be interrupted' ends_with 70
check 'and nothing runs any more then' runs_no_more "$stage"
rm -rf "$stage"

LC_ALL=C.UTF-8 bin/ordermqctl --build-dir "$programs" compare \
	--orders 64 2>"$dir/err" | sed '/a private one/q' >"$dir/shown"
check 'nothing is left when nobody reads on' nothing_is_left

compare --orders 47
check 'what it cannot do is refused' is_refused

programs=$dir
compare
check 'a program that is not there is a clear failure' is_missing ordermq-demo
bin/ordermq-demo --build-dir "$dir" compare >"$dir/shown" 2>"$dir/err"
status=$?
check 'and so are workers that are not there' is_missing ordermq-compare
stage=$(sed -n 's/^The logs are in //p' "$dir/err")
