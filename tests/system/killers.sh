#!/bin/sh
# Orders that kill their handler, each among 10,000 good ones: it dereferences
# NULL, loops for ever, is killed, or eats memory until the kernel kills it. The
# good ones are done as soon as without the killer, or a hang_timeout and two
# seconds later; the killer is dead-lettered once, with the reason. Prints TAP.
#
# The kernel kills where a memory cgroup can be made, as root; under a limit of
# its address space, which needs nobody's leave, the handler aborts.

# shellcheck source=tests/fixtures/system_lib.sh
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

orders=10000
hang_msecs=1000
limit_kib=131072
cgroup=

leave_cgroup() {
	leave
	# What was killed just now may still be in it.
	[ -z "$cgroup" ] || wait_for rmdir "$cgroup" 2>/dev/null
}
trap leave_cgroup EXIT

# A dead slot waits ever longer; its lease is short, so that the other one takes
# over meanwhile, and all ten kills come soon. But longer than hang_timeout: who
# takes over from one that hangs, and does not know it yet, hangs as well.
cat >"$dir/ordermq.conf" <<CONF
redis = { url = "unix://$dir/redis.sock"; };
groups = ( { name = "trial"; program = "trial"; instances = 2; batch = 64;
  owner_ttl = "2s"; } );
supervisor = { control = "$dir/control.sock"; programs = "$top/tests/trial";
  hang_timeout = "${hang_msecs}ms"; };
log = { to = "stderr"; };
CONF

trial_is_ready() {
	[ "$(ctl status | grep -c '^trial-.* ready ')" = 2 ]
}

start_trial() { # start_trial COMMAND...: which becomes an ordermqd
	"$@" bin/ordermqd -c "$dir/ordermq.conf" -X test 2>>"$dir/log" &
	daemon=$!
	wait_for trial_is_ready
}

restart_trial() { # restart_trial COMMAND...
	stop && start_trial "$@"
}

# Of either version; fails where none can be made.
make_cgroup() {
	for limit in memory/memory.limit_in_bytes memory.max; do
		path=/sys/fs/cgroup/${limit%memory.*}ordermq-test-$$
		mkdir "$path" 2>/dev/null || continue
		cgroup=$path
		if echo $((limit_kib * 1024)) >"$path/${limit#memory/}"; then
			return 0
		fi 2>/dev/null
		rmdir "$path"
		cgroup=
	done
	return 1
}

# shellcheck disable=SC2016 # for the other shell to expand
in_cgroup() {
	exec sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" "$@"
}

# The sanitizers lay claim to more address space than any limit leaves.
is_sanitized() {
	grep -q libasan "/proc/$daemon/maps"
}

now_msecs() {
	echo $(($(date +%s%N) / 1000000))
}

applied_is() {
	[ "$(book trial applied)" = "$1" ]
}

# All good ones, and in the middle the killer, if there is one: others are read in
# one batch with it. Until the good ones are done; how long that took goes to $took.
publish_around() { # publish_around [ORDERNO ACT]
	series=$((series + 1))
	awk -v count="$orders" -v series="$series" -v killer="$1,,0,$2" 'BEGIN {
		print "orderno,userid,amount,act"
		for (n = 1; n <= count; n++) {
			if (n == count / 2 && killer != ",,0,") print killer
			print series "-" n ",u" n % 500 ",1000,"
		}
	}' >"$dir/orders.csv"
	begun=$(now_msecs)
	bin/ordermq-order -c "$dir/ordermq.conf" --quiet \
		--csv "$dir/orders.csv"
	good=$((good + orders))
	wait_for applied_is $good || return
	took=$(($(now_msecs) - begun))
}

in_time() {
	echo "# $took ms; without it $alone ms"
	[ $took -le $((alone + hang_msecs + 2000)) ]
}

letters_are() {
	[ "$(cli XLEN '{ordermq}:dead')" = "$1" ]
}

# A field of the dead letter of an order, once for each letter.
letter() { # letter ORDERNO FIELD
	cli XRANGE '{ordermq}:dead' - + | awk -v orderno="$1" -v field="$2" '
		$0 == "group" { value = "" }
		wanted { value = $0; wanted = 0 }
		$0 == field && value == "" { wanted = 1 }
		is_number && $0 == orderno { print value }
		{ is_number = $0 == "orderno" }'
}

reason_has() { # reason_has ORDERNO TEXT
	letter "$1" reason | grep -q "$2"
}

killer() { # killer NAME ACT CRASHES REASON
	check "$1: the others are done" \
		publish_around "$1" "$2"
	check "$1: in time" in_time
	killers=$((killers + 1))
	check "$1: it is dead-lettered" wait_for letters_are $killers
	check "$1: nothing is left of it" wait_for group_is_idle trial
	check "$1: once, after $3 deaths" \
		[ "$(letter "$1" class) $(letter "$1" crashes)" = "crash $3" ]
	check "$1: the reason tells of $4" reason_has "$1" "$4"
}

# In the place of killer where it cannot be.
without() { # without NAME WHY
	for what in "the others" "in time" dead-lettered settled once reason; do
		count=$((count + 1))
		echo "ok $count - $1: $what # SKIP $2"
	done
}

alone=
took=0
series=0
good=0
killers=0
start_redis

echo 1..35
check "all instances are ready" start_trial env
check "orders are done without any killer" publish_around
alone=$took

killer "a NULL pointer" null 3 "signal 11"
killer "an endless loop" loop 3 "signal 6"
killer "a kill" kill 10 killed
if make_cgroup; then
	restart_trial in_cgroup
	killer "an eater in a cgroup" eat 10 killed
else
	without "an eater in a cgroup" "no memory cgroup can be made here"
fi
if is_sanitized; then
	without "an eater with a limit" "the sanitizers need address space"
else
	restart_trial prlimit --as=$((limit_kib * 1024))
	killer "an eater with a limit" eat 3 "signal 6"
fi
check "nothing is noted any more" [ "$(cli HLEN '{ordermq}:trial:tries')" = 0 ]
check "each good order is counted once" applied_is $good
check "each killer is dead-lettered once" letters_are $killers
[ -z "$VERBOSE" ] || sed 's/^/# /' "$dir/log"
