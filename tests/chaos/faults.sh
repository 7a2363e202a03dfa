# The faults of chaos.sh, which sources this: one function each. They return when
# the fault is over, and note it in $dir/faults; what is wrong already then they
# note in $dir/errors. Two may run at once when they are of different classes, so
# everything they share is in files.
# shellcheck shell=sh disable=SC2154

note() {
	echo "$1" >>"$dir/faults"
}

wrong() {
	echo "$1" >>"$dir/errors"
}

is_gone() { # is_gone PID...: a zombie is; its parent may be gone, too
	for pid in "$@"; do
		[ -d "/proc/$pid" ] || continue
		grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null || return 1
	done
}

all_gone() { # all_gone WHOSE PID...
	whose=$1
	shift
	wait_for is_gone "$@" || wrong "left by $whose: $*"
}

pid_in() {
	cat "$dir/$1.pid"
}

# Nobody's children: no shell of ours tells of their deaths. The file is rewritten
# often, or loading it would take most of the time.
start_server() {
	(
		"$redis_server" --port 0 --unixsocket "$dir/redis.sock" \
			--dir "$dir/redis" --save "" --appendonly yes \
			--appendfsync always --auto-aof-rewrite-min-size 4mb \
			>>"$dir/redis.log" 2>&1 &
		echo $! >"$dir/redis.pid"
	)
	wait_for answers PONG PING || wrong "redis does not come back"
}

answers() { # answers WORD COMMAND...: REPLICAOF says more when said again
	word=$1
	shift
	case $(cli "$@" 2>/dev/null) in
	"$word" | "$word "*) ;;
	*) return 1 ;;
	esac
}

start_set() { # start_set NAME NODE: an ordermqd
	(
		bin/ordermqd -c "$dir/$1.conf" -X "$2" 2>>"$dir/$1.log" &
		echo $! >"$dir/$1.pid"
	)
}

ctl_of() { # ctl_of NAME WORD...
	set_name=$1
	shift
	bin/ordermqctl -c "$dir/$set_name.conf" "$@" 2>/dev/null
}

instances() { # instances NAME: pids
	ctl_of "$1" status | awk '/^(points|push|trial)-/ && $2 > 0 { print $2 }'
}

an_instance() { # an_instance NUMBER
	instances ordermq | awk -v n="$1" '{ pid[NR - 1] = $1 }
		END { if (NR) print pid[n % NR] }'
}

instance_is_killed() {
	pid=$(an_instance "$1")
	[ -n "$pid" ] && kill -9 "$pid" 2>/dev/null
}

instance_killed() {
	wait_for instance_is_killed "$1" && note instance-killed
}

instance_is_stopped() {
	pid=$(an_instance "$1")
	[ -n "$pid" ] && kill -STOP "$pid" 2>/dev/null
}

# Beyond owner_ttl, so that others take over what it holds.
instance_stopped() {
	wait_for instance_is_stopped "$1" || return
	sleep 1.3
	kill -CONT "$pid" 2>/dev/null
	note instance-stopped
}

daemon_killed() {
	children=$(instances ordermq)
	kill -9 "$(pid_in ordermq)"
	# shellcheck disable=SC2086 # a list of numbers
	all_gone "a killed ordermqd" "$(pid_in ordermq)" $children
	start_set ordermq test
	note ordermqd-killed
}

reloads() {
	ctl_of ordermq reload >/dev/null
}

scaled() {
	configure_chaos $(($1 % 4 + 1)) $(($1 / 4 % 3 + 1))
	wait_for reloads || wrong "a reload is refused"
	note scaled
}

refuses() {
	ctl_of ordermq reload >/dev/null
	[ $? = 78 ]
}

reload_broken() {
	cp "$dir/ordermq.conf" "$dir/good.conf"
	echo "instanses = $1;" >>"$dir/ordermq.conf"
	# ordermqctl reads the same file, and is refused as well.
	refuses || wrong "a broken reload is not refused"
	mv "$dir/good.conf" "$dir/ordermq.conf"
	note broken-reload
}

an_instance_is_ready() {
	ctl_of other status | grep -q '^[a-z]*-[0-9]* .* ready '
}

# Another host: its runtime directory, its name, its push log.
host_lost() {
	start_set other other
	wait_for an_instance_is_ready || wrong "the other host does not get ready"
	children=$(instances other)
	kill -9 "$(pid_in other)"
	# shellcheck disable=SC2086 # a list of numbers
	all_gone "a lost host" "$(pid_in other)" $children
	note host-lost
}

clients_killed() {
	for _ in 1 2 3; do
		cli CLIENT KILL TYPE normal >/dev/null 2>&1
		sleep 0.1
	done
	note connections-killed
}

scripts_flushed() {
	wait_for answers OK SCRIPT FLUSH && note scripts-flushed
}

# Not the trial's: what was dead-lettered there would be so once more.
group_destroyed() {
	[ $(($1 % 2)) = 0 ] && group=points || group=push
	wait_for answers 1 XGROUP DESTROY ordermq "$group" && note group-destroyed
}

clients_paused() {
	wait_for answers OK CLIENT PAUSE 800 && note clients-paused
}

redis_full() {
	wait_for answers OK CONFIG SET maxmemory 1 && note redis-full
	sleep 0.4
	wait_for answers OK CONFIG SET maxmemory 0 || wrong "redis stays full"
}

redis_readonly() {
	wait_for answers OK REPLICAOF 127.0.0.1 1 && note redis-readonly
	sleep 0.4
	wait_for answers OK REPLICAOF NO ONE || wrong "redis stays a replica"
}

redis_hung() {
	kill -STOP "$(pid_in redis)"
	sleep 0.9
	kill -CONT "$(pid_in redis)"
	note redis-hung
}

redis_killed() {
	kill -9 "$(pid_in redis)"
	all_gone redis "$(pid_in redis)"
	start_server
	note redis-killed
}

# The connection that says so may be killed as any other.
is_shut() { # is_shut PID
	cli SHUTDOWN >/dev/null 2>&1
	is_gone "$1"
}

redis_restarted() {
	wait_for is_shut "$(pid_in redis)" || wrong "redis does not stop"
	start_server
	note redis-restarted
}

# fault class
all_faults='
instance_killed instance
instance_stopped instance
daemon_killed daemon
scaled daemon
reload_broken daemon
host_lost host
clients_killed client
scripts_flushed client
group_destroyed client
clients_paused redis
redis_full redis
redis_readonly redis
redis_hung redis
redis_killed redis
redis_restarted redis
'

# schedule SEED STEPS: a line each: a fault, a second one of another class or
# "-", a number for what they choose, and when to begin (seconds). Every fault
# comes once before any comes again.
schedule() {
	echo "$all_faults" | awk -v seed="$1" -v steps="$2" '
		BEGIN { n = 0 }
		NF == 2 { fault[n] = $1; class[n++] = $2 }
		function shuffle(   i, j, t) {
			for (i = n - 1; i > 0; i--) {
				j = int(rand() * (i + 1))
				t = order[i]; order[i] = order[j]; order[j] = t
			}
			at = 0
		}
		END {
			srand(seed)
			for (i = 0; i < n; i++) order[i] = i
			for (step = 0; step < steps; step++) {
				if (step % n == 0) shuffle()
				a = order[at++]
				b = int(rand() * n)
				pair = rand() < 0.5 && class[a] != class[b]
				print fault[a], pair ? fault[b] : "-",
					int(rand() * 1000), rand() / 8
			}
		}'
}
