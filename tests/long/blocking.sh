#!/bin/sh
# A handler that blocks in its entries, with the settings as they are shipped:
# 2,000 orders of 70 ms each with two instances of one host, then 24 orders of 3 s
# each with one instance on each of two hosts, one of which is killed and later
# told to stop. Each effect takes place once, or again at most for what was taken
# up; nobody is taken for hung, and no crash is noted. Takes about three minutes.
# Prints TAP. tests/system/blocking.c has the short form.
#
# usage: blocking.sh [SOURCE-DIRECTORY], from the build directory

if ! command -v redis-cli >/dev/null; then
	echo "1..0 # SKIP no redis-cli"
	exit 0
fi
# shellcheck source=tests/fixtures/system_lib.sh
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

other=
leave_both() {
	[ -z "$other" ] || kill -9 "$other" 2>/dev/null
	leave
}
trap leave_both EXIT

configure_host() { # configure_host NAME INSTANCES
	mkdir -p "$dir/$1"
	cat >"$dir/$1.conf" <<CONF
redis = { url = "unix://$dir/redis.sock"; };
groups = ( { name = "trial"; program = "trial"; instances = $2; } );
supervisor = { control = "$dir/$1/control.sock"; programs = "$top/tests/trial"; };
log = { to = "stderr"; };
CONF
}

publish() { # publish COUNT MSECS
	cli EVAL "for n = 1, tonumber(ARGV[1]) do
			redis.call('XADD', KEYS[1], '*', 'orderno', tostring(n),
				'act', 'block', 'msecs', ARGV[2])
		end" 1 "$stream" "$1" "$2" >/dev/null
}

effects() { # lines in all
	wc -l <"$ORDERMQ_TRIAL_EFFECTS" 2>/dev/null || echo 0
}

all_settled() { # all_settled COUNT
	[ "$(book trial applied)" = "$1" ]
}

within() { # within SECONDS COMMAND...: until it succeeds
	end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.2
	done
}

# Each number once, and at most MORE again.
each_once() { # each_once COUNT MORE
	echo "# $(effects) effects"
	[ "$(sort -u "$ORDERMQ_TRIAL_EFFECTS" | wc -l)" = "$1" ] &&
		[ "$(effects)" -le $(($1 + $2)) ]
}

nothing_noted() {
	[ "$(cli HLEN '{ordermq}:trial:tries')" = 0 ] &&
		! grep -q 'hangs\|lease lost\|took over' "$dir"/*log
}

begin() { # begin NAME: an empty Redis and no effects
	cli FLUSHALL >/dev/null
	ORDERMQ_TRIAL_EFFECTS=$dir/effects-$1
	export ORDERMQ_TRIAL_EFFECTS
	rm -f "$dir"/*log
	: >"$ORDERMQ_TRIAL_EFFECTS"
}

has_effects() { # has_effects COUNT
	[ "$(effects)" -ge "$1" ]
}

start_both() {
	bin/ordermqd -c "$dir/web1.conf" -X web1 2>>"$dir/log" &
	daemon=$!
	bin/ordermqd -c "$dir/web2.conf" -X web2 2>>"$dir/log2" &
	other=$!
}

stop_other() {
	kill -TERM "$other" && wait "$other"
	other=
}

start_redis
configure_host web1 2
begin one
publish 2000 70
bin/ordermqd -c "$dir/web1.conf" -X web1 2>>"$dir/log" &
daemon=$!
check '2,000 orders of 70 ms are settled by two instances' \
	within 120 all_settled 2000
check 'each had its effect once' each_once 2000 0
check 'and nothing is noted of them' nothing_noted
check 'it stops' stop

configure_host web1 1
configure_host web2 1
begin two
publish 24 3000
start_both
check '24 orders of 3 s are settled on two hosts' within 90 all_settled 24
check 'each of these had its effect once' each_once 24 0
check 'and nothing is noted of these' nothing_noted
stop
stop_other

begin three
publish 24 3000
start_both
within 60 has_effects 4
pkill -9 -P "$other" -f ordermq-trial
within 60 has_effects 8
kill -TERM "$daemon"
wait "$daemon"
check 'a kill and a stop in the middle lose nothing' test $? = 0
daemon=
check 'the other host finishes' within 120 all_settled 24
check 'and repeats at most what was taken up' each_once 24 2
stop_other
echo "1..$count"
exit $((failures > 0))
