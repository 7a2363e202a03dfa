#!/bin/sh
# Orders on which the handler crashes, hangs or is killed, among good ones: all
# good ones are done, the killers are dead-lettered, and the group goes on. Prints
# TAP.

if ! command -v redis-cli >/dev/null; then
	echo "1..0 # SKIP no redis-cli"
	exit 0
fi
. "${srcdir:-.}/tests/system_lib.sh"

cat >"$dir/ordermq.conf" <<CONF
redis = { url = "unix://$dir/redis.sock"; };
groups = ( { name = "trial"; program = "trial"; instances = 2; batch = 64; } );
supervisor = { control = "$dir/control.sock"; programs = "$top/tests/trial";
  hang_timeout = "1s"; };
log = { to = "stderr"; };
CONF

trial_is_ready() {
	[ "$(ctl status | grep -c '^trial-.* ready ')" = 2 ]
}

publish() { # publish COUNT
	producers/ordermq-order -c "$dir/ordermq.conf" --quiet \
		--generate "$1" --seed "$2"
}

act() {
	cli XADD ordermq '*' orderno "$1" act "$2" >/dev/null
}

letters() {
	cli XLEN '{ordermq}:dead'
}

letters_are() {
	[ "$(letters)" = "$1" ]
}

letter() { # letter N FIELD: of the dead letter number N, from 1
	cli XRANGE '{ordermq}:dead' - + | awk -v n="$1" -v field="$2" '
		$0 == "group" { seen++ }
		seen == n && found { print; exit }
		seen == n && $0 == field { found = 1 }'
}

cat_log() {
	sed 's/^/# /' "$dir/log"
}

start_redis
supervisor/ordermqd -c "$dir/ordermq.conf" -X test 2>>"$dir/log" &
daemon=$!

echo 1..12
check "all instances are ready" wait_for trial_is_ready

publish 5000 1
act "crasher" crash
publish 5000 2
check "an order that crashes its handler is dead-lettered" \
	wait_for letters_are 1
check "all others are done" wait_for group_is_idle trial
check "they are counted once each" \
	[ "$(cli HGET '{ordermq}:trial:books' applied)" = 10000 ]
check "its class and its crashes are told" \
	[ "$(letter 1 class) $(letter 1 crashes)" = "crash 3" ]
check "so is the signal" sh -c "echo '$(letter 1 reason)' | grep -q 'signal 11'"

act "looper" loop
publish 1000 3
check "an order that hangs its handler is dead-lettered" \
	wait_for letters_are 2
check "all others are done" wait_for group_is_idle trial
check "it was aborted" sh -c "echo '$(letter 2 reason)' | grep -q 'signal 6'"

act "victim" kill
publish 1000 4
check "an order that has its handler killed is dead-lettered" \
	wait_for letters_are 3
check "after ten kills" [ "$(letter 3 crashes)" = 10 ]
check "nothing is noted any more" [ "$(cli HLEN '{ordermq}:trial:tries')" = 0 ]
[ -z "$VERBOSE" ] || cat_log
