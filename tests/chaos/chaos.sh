#!/bin/sh
# Orders, some of which kill their handler, through points, push and the tests'
# trial group, while fault after fault is injected, one or two at a time: see
# faults.sh beside this and ../FAULTS.md. In the end all must be as if nothing had
# happened. Prints TAP, and what was injected; the same CHAOS_SEED injects the
# same.
#
# CHAOS_ORDERS: how many orders. CHAOS_FAULTS: how many times. CHAOS_SEED.

tests=$(dirname "$0")/..
srcdir=$tests/..
# shellcheck source=tests/fixtures/system_lib.sh
. "$tests/fixtures/system_lib.sh"
# shellcheck source=tests/chaos/faults.sh
. "$tests/chaos/faults.sh"

orders=${CHAOS_ORDERS:-20000}
steps=${CHAOS_FAULTS:-80}
seed=${CHAOS_SEED:-$(date +%s)}
real=$tests/../../shared/data/orders-2010-12_2011-05.csv
[ -r "$real" ] || real=/dev/null
sampler=
first=

leave_chaos() {
	[ -z "$first" ] || kill -9 "$first" 2>/dev/null # it might start something
	for name in ordermq other redis; do # and with them, all of theirs
		[ ! -e "$dir/$name.pid" ] || kill -9 "$(pid_in $name)" 2>/dev/null
	done
	rm -f "$dir/sampling"
	[ -z "$sampler" ] || wait "$sampler"
	leave
}
trap leave_chaos EXIT

# The programs in one folder, whose name all of their processes carry.
mkdir "$dir/programs" "$dir/redis" "$dir/run" "$dir/other" || exit 99
ln -s "$top/bin/ordermq-points" "$top/bin/ordermq-push" \
	"$top/tests/trial/ordermq-trial" "$top/bin/ordermq-keeper" \
	"$dir/programs"

write_config() { # write_config NAME CONTROL POINTS PUSH
	common='batch = 32; owner_ttl = "1s"; retry = { base = "50ms"; max = "500ms"; };'
	cat >"$dir/$1.new" <<CONF
redis = { url = "unix://$dir/redis.sock"; connect_timeout = "500ms";
  reply_timeout = "500ms"; retry_max = "500ms"; };
groups = (
  { name = "points"; program = "points"; instances = $3; $common },
  { name = "push"; program = "push"; instances = $4; $common
    push = { file = "$dir/$1.jsonl"; }; },
  { name = "trial"; program = "trial"; instances = 2; $common }
);
supervisor = { control = "$dir/$2/control.sock"; programs = "$dir/programs";
  hang_timeout = "2s"; };
log = { to = "stderr"; };
CONF
	mv "$dir/$1.new" "$dir/$1.conf"
}

configure_chaos() { # configure_chaos POINTS PUSH
	write_config ordermq run "$1" "$2"
}

all_ready() {
	[ "$(ctl_of ordermq status | grep -c '^[a-z]*-[0-9]* .* ready ')" = 7 ]
}

all_idle() {
	idle && group_is_idle trial
}

# The marked orders take their time: each death without progress is waited for
# longer.
settled() {
	wait_for all_idle || wait_for all_idle || wait_for all_idle
}

# Half real ones, and made up ones. The trial group dies or hangs on some.
make_orders() {
	awk -F, -v OFS=, -v count="$orders" -v seed="$seed" '
		function act(n) {
			if (n % 20000 == 40) return "kill"
			if (n % 20000 == 70) return "loop"
			if (n % 1000 == 50) return "crash"
			return n % 100 == 60 ? "fail" : ""
		}
		NR > 1 && n < count / 2 { n++; print $1, $2, $3, $4, act(n) }
		END {
			srand(seed)
			while (n < count) {
				n++
				print "M-" n, n % 50 ? "u" int(rand() * 500) : "", "paid",
					int(rand() * 20000), act(n)
			}
		}' "$real" >"$dir/orders.csv"
}

# The orders of each step in a file of its own.
split_orders() {
	mkdir "$dir/steps"
	awk -v steps="$steps" -v count="$orders" -v dir="$dir/steps" '
		BEGIN { step = 1 }
		{
			while (NR > int(count * step / steps)) step++
			file = dir "/" step ".csv"
			if (step != before) {
				close(dir "/" before ".csv")
				print "orderno,userid,type,amount,act" >file
			}
			before = step
			print >file
		}' "$dir/orders.csv"
}

is_published() { # is_published FILE
	bin/ordermq-order -c "$dir/ordermq.conf" --quiet --rate "$rate" \
		--csv "$1" 2>>"$dir/order.log"
}

malformed() {
	cli XADD ordermq '*' orderno "bad:order" 2>/dev/null | grep -q '^[0-9]*-'
}

# The orders of one step, until all of them are accepted. What may have been
# accepted is sent again: the same order twice is no harm.
publish_step() { # publish_step NUMBER
	[ $(($1 % 10)) != 1 ] || wait_for malformed || wrong "malformed: not taken"
	wait_for is_published "$dir/steps/$1.csv" || wrong "step $1: not published"
}

# Settled entries of all groups, five times a second, while $dir/sampling is there.
sample() {
	while [ -e "$dir/sampling" ]; do
		sum=$(for group in points push trial; do
			cli HVALS "{ordermq}:$group:books"
		done 2>/dev/null | awk '{ n += $1 } END { print n + 0 }')
		echo "$(uptime_secs) $sum" >>"$dir/samples"
		sleep 0.2
	done
}

# The longest time without any, from one sample that shows some to the next: also
# when Redis did not answer meanwhile, or there was nothing to do.
longest_stall() {
	awk '$2 > 0 && $2 != last {
		if (since && $1 - since > most) most = $1 - since
		last = $2
		since = $1
	} END { print most + 0 }' "$dir/samples"
}

# What each instance and ordermqd hold: name, descriptors, KiB of memory.
holdings() {
	{
		echo "ordermqd $(pid_in ordermq)"
		ctl_of ordermq status | awk '/^[a-z]*-[0-9]+ .* ready / { print $1, $2 }'
	} | while read -r name pid; do
		echo "$name $(find "/proc/$pid/fd" -type l | wc -l)" \
			"$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")"
	done
}

# A push that is new has not opened its file.
no_more_descriptors() {
	holdings | awk 'NR == FNR { base[$1] = $2; next }
		$2 > base[$1] { print "# " $1 ": " base[$1] " -> " $2 " descriptors"
			bad = 1 } END { exit bad }' "$dir/baseline" - >"$dir/more"
}

# What is kept of a full batch, and not more. The sanitizers keep what they like.
no_more_memory() {
	grep -q libasan "/proc/$(pid_in ordermq)/maps" && return
	holdings | awk 'NR == FNR { base[$1] = $3; next }
		$3 > base[$1] * 1.5 + 4096 { print "# " $1 ": " base[$1] " -> " $3 " KiB"
			bad = 1 } END { exit bad }' "$dir/baseline" -
}

only_ours() {
	for group in points push trial; do
		cli XINFO CONSUMERS ordermq $group | sed -n '/^name$/{n;p;}'
	done | sort | xargs >"$dir/consumers"
	echo points-1@test points-2@test points-3@test push-1@test push-2@test \
		trial-1@test trial-2@test | cmp -s - "$dir/consumers"
}

uptime_secs() {
	read -r now _ </proc/uptime
	echo "$now"
}

timed() { # timed FAULT CHOICE
	begun=$(uptime_secs)
	"$@"
	echo "$1 $begun $(uptime_secs)" >>"$dir/times"
}

step() { # step NUMBER FAULT SECOND-FAULT CHOICE DELAY
	publish_step "$1" &
	publisher=$!
	sleep "$5"
	timed "$2" "$4" &
	first=$!
	if [ "$3" != - ]; then
		timed "$3" $(($4 / 3))
	fi
	wait "$first"
	first=
	wait "$publisher"
	publisher=
}

stop_set() {
	kill -TERM "$(pid_in ordermq)"
	wait_for is_gone "$(pid_in ordermq)"
}

nothing_runs() { # every process of theirs carries the folder's name
	! pgrep -af "$dir"
}

stop_server() {
	cli SHUTDOWN NOSAVE >/dev/null 2>&1
	wait_for is_gone "$(pid_in redis)"
}

# The lock and the node id stay, and nothing else.
nothing_is_left() {
	find "$dir/run" ! -type d ! -name ordermqd.lock ! -name node-id \
		! -name node_id ! -name remembered.json >"$dir/left"
	sed "s|^$dir|# left: |" "$dir/left"
	[ ! -s "$dir/left" ] && [ -z "$(find "$dir" -maxdepth 1 -name '*.tmp')" ]
}

: >"$dir/faults"
: >"$dir/errors"
make_orders
split_orders
rate=$((orders * 4 / steps))
configure_chaos 3 2
write_config other other 2 1
start_server
start_set ordermq test

echo 1..14
echo "# seed $seed: $orders orders, $steps steps"
check "all instances are ready" wait_for all_ready
bin/ordermq-order -c "$dir/ordermq.conf" --quiet --generate 500 --seed 1
check "they settle 500 orders in peace" wait_for all_idle
holdings >"$dir/baseline"
: >"$dir/sampling"
sample &
sampler=$!

schedule "$seed" "$steps" >"$dir/schedule"
number=0
steps_begun=$(uptime_secs)
while read -r fault second choice delay; do
	number=$((number + 1))
	[ -z "$VERBOSE" ] || echo "# $number: $fault $second"
	step $number "$fault" "$second" "$choice" "$delay" </dev/null
done <"$dir/schedule"

steps_ended=$(uptime_secs)
check "everything is settled" settled
settled_at=$(uptime_secs)
stall=$(longest_stall)
rm "$dir/sampling"
wait "$sampler"
sampler=
sed 's/^/# /' "$dir/errors"
check "every fault came to its end" [ ! -s "$dir/errors" ]
all_injected() {
	[ "$steps" -lt 15 ] || [ "$(sort -u "$dir/faults" | wc -l)" = 15 ]
}
check "all were injected" all_injected

different=$(cut -d, -f1 "$dir/orders.csv" | sort -u | wc -l)
tests/audit "$dir/ordermq.conf" $((different + 480)) "$dir/ordermq.jsonl" \
	"$dir/other.jsonl" >"$dir/audit" 2>&1
check "points are exact, all is told, the marked ones are dead-lettered" [ $? = 0 ]
sed 's/^/# /' "$dir/audit"

# Dead letters and groups that were made anew there are: they were wanted. How far
# behind a group is may be unknown until the keeper has looked again.
check_is_content() {
	ctl_of ordermq check --ignore dead-letters,new-group >"$dir/checked"
}

books_balance() { # and none of it is said to be lost
	ctl_of ordermq verify >"$dir/verify" && wait_for check_is_content &&
		[ -z "$(losses)" ] && return
	losses | sed 's/^/# lost: /'
	sed 's/^/# /' "$dir/verify" "$dir/checked"
	return 1
}

losses() { # what the keeper has counted
	for group in points push trial; do
		book $group dropped
		book $group skipped
		cli HGET "{ordermq}:$group:start" moved
	done | grep .
}
check "the books balance, and nothing is said to be lost" books_balance

configure_chaos 3 2
wait_for reloads
wait_for all_ready
check "only the wanted consumers are left" wait_for only_ours
check "no process has more descriptors than at first" \
	wait_for no_more_descriptors
cat "$dir/more"
check "nor memory, but for what a full batch keeps" no_more_memory
check "ordermqd stops" stop_set
stop_server
check "nothing runs any more" nothing_runs
check "no socket, board or temporary file is left" nothing_is_left
check "no process has anything to complain about" logs_are_sound

sort "$dir/faults" | uniq -c | sed 's/^ */# injected: /'
[ -z "$VERBOSE" ] || awk '{ n[$1]++; sum[$1] += $3 - $2 }
	END { for (f in n) printf "# %s: %.2f s each\n", f, sum[f] / n[f] }' "$dir/times"
awk -v b="$steps_begun" -v e="$steps_ended" -v s="$settled_at" 'BEGIN {
	printf "# %.0f s of faults, %.0f s until all was settled\n", e - b, s - e }'
echo "# longest stall: $stall s; pushed twice:" \
	"$(awk '/^duplicate-push/ { print $2 }' "$dir/audit"); seed: $seed"
echo "# PASS: $((count - failures))"
echo "# FAIL: $failures"
[ "$failures" = 0 ]
