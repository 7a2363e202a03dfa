#!/bin/sh
# A group that follows its backlog: a load of more than one instance can settle
# is met, without swinging, and when it is over nobody is left who is not needed.
# A short form of tests/long/autoscale.sh, which sets TARGET, RATE, LOAD, LEAST
# and MOST. Prints TAP, and the decisions.
# shellcheck source=tests/fixtures/system_lib.sh
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

target=${TARGET:-1}
rate=${RATE:-120} # orders a second
load=${LOAD:-9}   # seconds of them
least=${LEAST:-3} # at an instance's 20 ms an order
most=${MOST:-8}
max=16

# configure_paced MIN MAX MORE: the service that takes 20 ms an order.
configure_paced() {
	cat >"$dir/ordermq.conf" <<CONF
redis = { url = "unix://$dir/redis.sock"; retry_max = "200ms"; };
groups = (
  { name = "paced"; program = "trial";
    instances = { min = $1; max = $2; target_age = "${target}s"; }; $3 }
);
supervisor = { control = "$dir/control.sock"; programs = "$top/tests/trial"; };
log = { to = "stderr"; };
CONF
}

field() { # field NAME: of the group's line of the status
	ctl status --json | sed -n '/"kind":"group"/s/.*"'"$1"'":\([^,}]*\).*/\1/p'
}
field_is() {
	[ "$(field "$1")" = "$2" ]
}
pid_of() {
	ctl status | awk -v name="$1" '$1 == name { print $2 }'
}
decisions() {
	grep -E 'paced: ([0-9]+ -> .*:|stays at) ' "$dir/log" |
		sed 's/.*paced: //'
}
steps() { # how many of them went up ("+") or down ("-")
	decisions | grep -c "($1"
}
settled() {
	cli HVALS "{ordermq}:paced:books" | awk '{ n += $1 } END { print n + 0 }'
}
all_settled() {
	[ "$(settled)" = "$orders" ]
}
is_behind() {
	[ "$(field lag)" -gt 20 ] 2>/dev/null
}
wants_between() { # wants_between LEAST MOST
	wanted=$(field instances)
	[ "$wanted" -ge "$1" ] && [ "$wanted" -le "$2" ]
}
is_paused() {
	[ -n "$(field paused)" ] && ! field_is paused null
}
is_one() {
	[ "$(cli XINFO CONSUMERS ordermq paced | grep -c '^name$')" = 1 ]
}
looks() { # as long as it takes to decide something, if it were to be decided
	sleep "$((2 + target))"
}

# A calm is six targets long, and ends in halves.
wait_for_calm() { # wait_for_calm COMMAND...: as wait_for, for so long
	wait_for "$@" || wait_for "$@" || wait_for "$@"
}

start_redis
configure_paced 1 $max ''
cli XGROUP CREATE ordermq paced 0 MKSTREAM >/dev/null
bin/ordermqd -c "$dir/ordermq.conf" -X test 2>>"$dir/log" &
daemon=$!
wait_for field_is ready 1
first=$(pid_of paced-1)

echo 1..17
check "one instance at first" field_is instances 1
orders=$((rate * load))
bin/ordermq-order -c "$dir/ordermq.conf" --quiet --generate $orders \
	--seed 7 --rate "$rate" &
publisher=$!
check "the load is met with $least to $most instances" \
	wait_for wants_between "$least" "$most"
wait "$publisher"
publisher=
ups=$(steps +)
check "and stays so" wants_between "$least" "$most"
check "in at most four steps" [ "$ups" -ge 1 -a "$ups" -le 4 ]
check "none of them down" [ "$(steps -)" = 0 ]
check "every order is settled" wait_for all_settled
check "status tells the range" sh -c "bin/ordermqctl \
	-c '$dir/ordermq.conf' -s '$dir/control.sock' status |
	grep -q '^paced wants [0-9]* instances now, of 1 to $max'"

# Nothing is done on what is not known of now.
wanted=$(field instances)
cli SHUTDOWN NOSAVE >/dev/null 2>&1
looks
check "a Redis that is away changes nothing" field_is instances "$wanted"
start_redis
cli XGROUP CREATE ordermq paced 0 MKSTREAM >/dev/null 2>&1
check "with it back, what nobody needs goes" \
	wait_for_calm field_is instances 1
check "and leaves no consumer behind" wait_for is_one
check "the first one is still the same" [ "$(pid_of paced-1)" = "$first" ]

# Without the keeper nobody knows what waits.
ctl hold keeper >/dev/null
bin/ordermq-order -c "$dir/ordermq.conf" --quiet --generate 500 --seed 8
looks
check "without the keeper nothing is decided" field_is instances 1
# A paused group waits, whatever waits for it.
ctl pause paced --reason test >/dev/null
ctl unhold keeper >/dev/null
wait_for is_paused
looks
check "a paused group is left as it is" field_is instances 1
ctl scale paced=3 >/dev/null
ctl resume paced >/dev/null
looks
check "one that is scaled by hand, too" field_is instances 3
configure_paced 2 2 'recycle_after = 100000;'
ctl reload >"$dir/answer"
check "a reload to a range of one ends both" field_is instances 2
check "and says what it changes" grep -q 'paced 3 -> 2 (-1)' "$dir/answer"
check "ordermqd stops in order" stop
decisions | sed 's/^/# /'
