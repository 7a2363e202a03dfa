#!/bin/sh
# What an instance that is not started again still had in hand is finished by the
# others: after kill -9 under restart = "never", and after an end with status 0
# under "on-failure". Prints TAP.

# shellcheck source=tests/fixtures/system_lib.sh
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

orders=150

# The trial of this name takes one order at a time, 20 ms each.
configure_paced() { # configure_paced RESTART
	cat >"$dir/ordermq.conf" <<CONF
redis = { url = "unix://$dir/redis.sock"; };
groups = ( { name = "paced"; program = "trial"; instances = 2;
  owner_ttl = "2s"; restart = "$1"; } );
supervisor = { control = "$dir/control.sock"; programs = "$top/tests/trial";
  hang_timeout = "1s"; };
log = { to = "stderr"; };
CONF
}

paced_are_ready() {
	[ "$(ctl status | grep -c '^paced-.* ready ')" = 2 ]
}

start_paced() {
	bin/ordermqd -c "$dir/ordermq.conf" -X test 2>>"$dir/log" &
	daemon=$!
	wait_for paced_are_ready
}

publish() { # publish SEED: so many orders
	bin/ordermq-order -c "$dir/ordermq.conf" --quiet \
		--generate $orders --seed "$1"
}

line_of() { # line_of INSTANCE: in the table
	ctl status | grep "^$1 "
}

is_down() { # is_down INSTANCE STATE CAUSE
	line_of "$1" | grep -q " - $2 .* $3\$"
}

holds() { # holds CONSUMER: has it something pending?
	cli XPENDING ordermq paced - + 1 "$1" | grep -q "^$1\$"
}

settled() { # settled N: in all, nothing twice
	group_is_idle paced && [ "$(book paced applied)" = "$1" ]
}

consumer_is_gone() { # consumer_is_gone NAME
	! cli XINFO CONSUMERS ordermq paced | grep -q "^$1\$"
}

configure_paced never
start_redis

echo 1..11
check "both are ready" start_paced
publish 1
wait_for holds paced-1@test
kill -9 "$(line_of paced-1 | awk '{ print $2 }')"
check "one that was killed has failed, with its cause" \
	wait_for is_down paced-1 failed 'signal 9 (Killed)'
check "it still held something" holds paced-1@test
check "the other finishes it all, each once" wait_for settled $orders
check "nothing of it is left behind" wait_for consumer_is_gone paced-1@test
check "it is still down" is_down paced-1 failed 'signal 9 (Killed)'

configure_paced on-failure
ctl reload >/dev/null
check "a reload that changes the group starts it again" wait_for paced_are_ready
publish 2
wait_for holds paced-1@test
kill -TERM "$(line_of paced-1 | awk '{ print $2 }')"
check "one that ended with 0 has finished" \
	wait_for is_down paced-1 finished 'exit 0'
check "the other does the rest, each once" wait_for settled $((2 * orders))
check "nobody waits for it" ctl wait ready -t 1s
check "ordermqd stops in order" stop
