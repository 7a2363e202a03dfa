# For the tests on a real systemd, which source it first thing: boots one, from
# this machine's own files and with the tree installed, and runs the test once
# more as a unit in there. What it prints comes out here, and nothing else does:
# all is written to memory, in namespaces that end with the test.
#
# Needs root, overlayfs, cgroup2 and systemd-nspawn, but not that systemd runs
# here. ORDERMQ_TEST_CONSOLE names a file for what the boot had to say.
# shellcheck shell=bash

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

# ---- outside: what is needed, and what is left ----

may_boot() {
	[ "$(id -u)" = 0 ] || skip 'not root'
	# They look where the sandbox of the units lets nobody look.
	[ -z "${SAN_FLAGS-}" ] || skip 'built with sanitizers'
	for tool in systemd-nspawn systemctl redis-server redis-cli setpriv; do
		command -v $tool >/dev/null || skip "no $tool"
	done
	[ -x /lib/systemd/systemd ] || skip 'no systemd to boot'
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --propagation private sh -c '
		mount -t cgroup2 cgroup2 "$1" && cd "$1/$2" && mkdir "$3" &&
			rmdir "$3" && mount -t tmpfs tmpfs "$1" && cd "$1" &&
			mkdir up work root && mount -t overlay overlay -o \
			lowerdir=/,upperdir="$1/up",workdir="$1/work" root' \
		- "$dir" "$(own_cgroup)" "${dir##*/}" 2>/dev/null ||
		skip 'no cgroup or overlay of its own here'
}

own_cgroup() {
	sed -n 's/^0:://p' /proc/self/cgroup
}

# The cgroups of the boot, which are empty by now.
leave_cgroup() {
	# shellcheck disable=SC2016
	unshare --mount --propagation private sh -c '
		mount -t cgroup2 cgroup2 "$1" &&
			find "$1/$2/$3" -depth -type d -exec rmdir {} +' \
		- "$dir" "$(own_cgroup)" "${dir##*/}" 2>/dev/null
	rm -rf "$dir"
}

boot_and_run() { # boot_and_run TEST
	dir=$(mktemp -d /tmp/omq-boot-XXXXXX) || exit 99
	trap 'rm -rf "$dir"' EXIT
	may_boot
	trap leave_cgroup EXIT
	trap 'exit 99' INT TERM HUP
	setpriv --pdeathsig KILL unshare --mount --pid --fork \
		--kill-child=KILL --mount-proc --propagation private \
		bash "$lib" boot "$dir" "$(own_cgroup)" "$1" "$(pwd)"
	exit
}

# ---- between: the first process of its own namespaces ----

# Only systemd's own units, and what the test starts.
bare_root() {
	rm -rf "$root"/etc/systemd/system/* "$root"/etc/rc?.d/* \
		"$root"/etc/fstab "$root"/var/log/journal
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
	echo omq >"$root/etc/hostname"
	mkdir -p "$root/omq" "$root/etc/systemd/system"
	cp "$tests"/systemd_*.sh "$build/tests/push_lines" "$root/omq"
}

install_tree() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "${MAKE:-make}" -s -C "$build" \
		install DESTDIR="$dir/stage" >"$dir/install" 2>&1 ||
		{ sed 's/^/# /' "$dir/install"; return 1; }
	# /lib may be there as a directory, and in the root as a link.
	tar -C "$dir/stage" -c . |
		tar -C "$root" -x --keep-directory-symlink || return
	units=$(find "$dir/stage" -name ordermq.service)
	units=${units#"$dir/stage"}
	case $units in
	/usr/lib/* | /usr/local/lib/* | /lib/*) ;;
	/home/* | /root/* | /tmp/* | /var/tmp/*)
		skip "installed in $units, which the sandbox hides" ;;
	*) # where systemd would not find them
		mkdir -p "$root/usr/local/lib/systemd/system" &&
			cp "$dir/stage${units%/*}"/* \
				"$root/usr/local/lib/systemd/system" ;;
	esac
	(cd "$dir/stage" && find . -name '*.conf') | sed -n 's|^\./|/|
		s|.*/sysusers\.d/.*|sysusers=&|p
		s|.*/tmpfiles\.d/.*|tmpfiles=&|p
		s|.*/redis-socket\.conf|socket_dropin=&|p' >"$root/omq/paths"
	echo "unit=$units" >>"$root/omq/paths"
}

# The test is what this systemd is booted for; its end ends it.
test_unit() { # test_unit TEST
	cat >"$root/etc/systemd/system/omq-test.service" <<UNIT
[Unit]
Wants=basic.target
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
Environment=ORDERMQ_BOOTED=yes
ExecStart=/bin/bash /omq/${1##*/}
StandardOutput=append:/omq/output
StandardError=inherit
TimeoutStartSec=150
UNIT
}

boot() { # boot DIRECTORY CGROUP TEST BUILD-DIRECTORY
	dir=$1 root=$1/root build=$4 tests=$(dirname "$3")
	mount -t tmpfs tmpfs "$dir" && mkdir "$dir"/{up,work,root} &&
		mount -t overlay overlay "$root" \
			-o "lowerdir=/,upperdir=$dir/up,workdir=$dir/work" &&
		bare_root && install_tree && test_unit "$3" || exit 99
	umount -l /sys/fs/cgroup 2>/dev/null
	mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
		mkdir "/sys/fs/cgroup/$2/${dir##*/}" &&
		echo $$ >"/sys/fs/cgroup/$2/${dir##*/}/cgroup.procs" || exit 99
	# Where systemd-nspawn keeps its locks.
	mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd || exit 99
	timeout --kill-after=5 180 systemd-nspawn --quiet --boot \
		--directory="$root" --machine=omq --register=no --keep-unit \
		--console=pipe --private-network --link-journal=no \
		--resolv-conf=off --timezone=off --capability=all \
		--system-call-filter='bpf perf_event_open @keyring' \
		systemd.unit=omq-test.service </dev/null \
		>"${ORDERMQ_TEST_CONSOLE:-$dir/console}" 2>&1
	if ! [ -s "$root/omq/output" ]; then
		[ -z "${ORDERMQ_TEST_CONSOLE-}" ] &&
			tail -n 40 "$dir/console" | sed 's/^/# /'
		skip 'systemd does not boot here'
	fi
	cat "$root/omq/output"
	exit 0
}

lib=${BASH_SOURCE[0]}
[ "$lib" != "$0" ] || [ "${1-}" != boot ] || { shift; boot "$@"; }
[ -n "${ORDERMQ_BOOTED-}" ] || boot_and_run "$0"

# ---- inside: beside systemd ----

# shellcheck disable=SC2034,SC2154 # these are for the test, or of it
{
unit='' sysusers='' tmpfiles='' socket_dropin=''
# shellcheck source=/dev/null
. /omq/paths
conf=$(sed -n 's/^ExecStart=.* -c \([^ ]*\).*/\1/p' "$unit")
etc=${conf%/ordermq/ordermq.conf}
ctl=$(sed -n 's/^ExecReload=\([^ ]*\).*/\1/p' "$unit")
order=${ctl%ctl}-order
dropins=/etc/systemd/system
}

count=0
check() { # check NAME COMMAND...: one test
	local name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		systemctl status --no-pager -n 0 'ordermq*' 2>&1 | sed 's/^/#   /'
		journalctl -q --no-pager -o short-precise -n 25 | sed 's/^/#   /'
	fi
}
finish() { # the plan, when all is done
	echo "1..$count"
	exit 0
}

wait_for() { # wait_for COMMAND...: until it succeeds, 20 s at most
	local end=$((SECONDS + 20))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

not() { ! "$@"; }

msecs() { echo $(($(date +%s%N) / 1000000)); }

of_unit() { # of_unit UNIT PROPERTY
	systemctl show -P "$2" "$1"
}
unit_is() { # unit_is UNIT PROPERTY VALUE
	[ "$(of_unit "$1" "$2")" = "$3" ]
}

journal_has() { # journal_has PATTERN MATCH...
	local pattern=$1
	shift
	journalctl --sync
	journalctl -q --no-pager -o cat "$@" | grep -q -- "$pattern"
}

pids() { # pids [INSTANCE-PATTERN]: "points-1 123", a line each
	"$ctl" -c "$conf" --json status 2>/dev/null | sed -n '
		/"kind": *"instance"/!d
		s/.*"name": *"\([^"]*\)".*"pid": *\([0-9]*\).*/\1 \2/p
	' | grep -E "^(${1:-.*}) " | sort
}

ready() { # ready N: so many instances of points and push, and no other
	[ "$("$ctl" -c "$conf" status 2>/dev/null |
		grep -c '^\(points\|push\)-.* ready ')" = "$1" ]
}

scale_file() { # scale_file POINTS PUSH: how many instances the file wants
	awk -v points="$1" -v push="$2" '
		/name = "points"/ { n = points } /name = "push"/ { n = push }
		/^ *instances =/ { sub(/= *[0-9]+/, "= " n) } { print }' \
		"$conf" >"$conf.new" && cat "$conf.new" >"$conf"
}

# shellcheck disable=SC2154 # the test says how
cli() { redis-cli "${redis_arguments[@]}" "$@"; }

start_redis() { # start_redis ARGUMENT...: of it and of redis-cli to reach it
	redis-server --save '' --dir /tmp --logfile /tmp/redis.log "$@" &
	wait_for redis_answers
}
redis_answers() { [ "$(cli PING 2>/dev/null)" = PONG ]; }

pending() { # of both groups together
	cli --raw XPENDING ordermq points | sed -n 1p
	cli --raw XPENDING ordermq push | sed -n 1p
}
idle() {
	[ "$("$ctl" -c "$conf" wait idle --timeout 20s >/dev/null 2>&1; echo $?)" = 0 ]
}
