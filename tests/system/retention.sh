#!/bin/sh
# Two hosts on one stream, each with a group that the other one does not know, and
# keepers that trim whatever is settled. One host is stopped, and killed; a group
# is far behind: nothing goes that is still needed. And what another program
# deletes is found. Prints TAP.

# shellcheck source=tests/fixtures/system_lib.sh
. "${srcdir:-.}/tests/fixtures/system_lib.sh"

one=
two=
points='{ name = "points"; program = "points"; instances = 2; owner_ttl = "1s"; }'
push="{ name = \"push\"; program = \"push\"; instances = 2; owner_ttl = \"1s\";
  push = { file = \"$dir/push.jsonl\"; }; }"
# At most so many entries go, or stay, together.
node=10

configure_host() { # configure_host NAME RETENTION GROUPS
	mkdir -p "$dir/$1"
	cat >"$dir/$1.conf" <<CONF
redis = { url = "unix://$dir/redis.sock"; retry_max = "200ms"; };
stream = { retention = { $2 }; };
groups = ( $3 );
supervisor = { control = "$dir/$1/control.sock"; programs = "$top/bin"; };
log = { to = "stderr"; };
CONF
}

ctl_of() { # ctl_of HOST WORDS...
	host=$1
	shift
	bin/ordermqctl -c "$dir/$host.conf" "$@" 2>>"$dir/ctl.log"
}

launch() { # launch HOST: its pid is in $launched
	bin/ordermqd -c "$dir/$1.conf" -X "$1" 2>>"$dir/$1.log" &
	launched=$!
	daemon="$daemon $launched"
}

is_ready() { # is_ready HOST
	ctl_of "$1" wait ready --timeout 20s >/dev/null
}

end() { # end SIGNAL PID: its exit status
	daemon=$(echo " $daemon " | sed "s/ $2 / /")
	kill "-$1" "$2"
	wait "$2" 2>/dev/null
}

publish() { # publish COUNT SEED
	bin/ordermq-order -c "$dir/one.conf" --quiet --generate "$1" \
		--seed "$2"
}

last_id() {
	cli XINFO STREAM ordermq | sed -n '/^last-generated-id$/{n;p;}'
}

ids_behind() { # ids_behind ID
	cli --raw XRANGE ordermq "($1" + | grep '^[0-9]*-[0-9]*$'
}

count_behind() {
	ids_behind "$1" | wc -l
}

# The keeper notes that in the same moment in which it trims.
is_kept() { # is_kept GROUP: it has settled all, and the keeper has seen it
	[ "$(cli GET "{ordermq}:$1:done")" = "$(last_id)" ]
}

is_trimmed() {
	[ "$(cli XLEN ordermq)" -le $node ]
}

is_dropped() { # is_dropped GROUP COUNT
	[ "$(book "$1" dropped)" = "$2" ]
}

settled() { # settled GROUP
	cli HVALS "{ordermq}:$1:books" | awk '{ n += $1 } END { print n + 0 }'
}

# Every order once in each group, and nothing in books that no group wants.
# A kill may have push write what it had in hand once more.
all_done() { # all_done COUNT [killed]
	pushed=$(lines_and_keys)
	done_now="$(settled points) $(settled push) ${pushed#* }"
	if [ "$done_now" != "$1 $1 $1" ] || [ "${pushed% *}" -lt "$1" ] ||
		{ [ "${2-}" != killed ] && [ "${pushed% *}" != "$1" ]; }; then
		echo "# of $1: $done_now, lines: ${pushed% *}"
		return 1
	fi
	for book in lost dropped dead rejected; do
		[ -z "$(book points $book)$(book push $book)" ] || return 1
	done
}

verify_all() {
	ctl_of one verify && ctl_of two verify --push-log "$dir/push.jsonl"
}

balanced() {
	verify_all >"$dir/verify" && return
	sed 's/^/# /' "$dir/verify"
	return 1
}

# As by a connection that broke before the answer came.
read_by() { # read_by GROUP CONSUMER COUNT
	cli XREADGROUP GROUP "$1" "$2" COUNT "$3" STREAMS ordermq '>' >/dev/null
}

says() { # says TEXT: in what was said last
	grep -qF "$1" "$dir/said" || {
		sed 's/^/# /' "$dir/said"
		return 1
	}
}

is_published() { # is_published ID COUNT: so many behind it, at least
	[ "$(count_behind "$1")" -ge "$2" ]
}

start_redis
cli CONFIG SET stream-node-max-entries $node >/dev/null
small='max_age = "100ms"; max_entries = 5;'
configure_host one "$small" "$points"
configure_host two "$small" "$push"

echo 1..24
launch one
one=$launched
launch two
two=$launched
check "both hosts are ready" eval 'is_ready one && is_ready two'
publish 300 1
check "what both groups have settled goes" eval \
	'wait_for idle && wait_for is_trimmed'

# Stopped in order, and an answer to it was lost.
place=$(last_id)
check "the second host stops" end TERM "$two"
publish 700 2
read_by push push-1@two 50
check "the first one goes on, and its keeper trims" eval \
	'wait_for group_is_idle points && wait_for is_kept points'
check "all that the stopped one has not done stays" \
	[ "$(count_behind "$place")" = 700 ]
ctl_of one trim >"$dir/said"
check "it is named as the one who needs it" says "group push needs all from "
check "also trimming at once leaves it" [ "$(count_behind "$place")" = 700 ]
launch two
two=$launched
check "the second host is back and has done all" eval \
	'is_ready two && wait_for idle'
check "every order once, in both" all_done 1000
check "the books balance" balanced
check "now it goes" wait_for is_trimmed

# Killed, with orders in hand.
place=$(last_id)
bin/ordermq-order -c "$dir/one.conf" --quiet --generate 1000 --seed 3 \
	--rate 1500 &
publisher=$!
wait_for is_published "$place" 20
end KILL "$two"
wait "$publisher"
publisher=
check "the first one goes on without the killed one" eval \
	'wait_for group_is_idle points && wait_for is_kept points'
owed=$((2000 - $(settled push)))
echo "# the killed one owes $owed orders"
has_what_it_owes() {
	[ $owed -gt 0 ] && [ "$(cli XLEN ordermq)" -ge $owed ]
}
check "what it owes stays" has_what_it_owes
launch two
two=$launched
check "it is back and has done all" eval 'is_ready two && wait_for idle'
check "every order once, again" all_done 2000 killed
check "the books balance, again" balanced

# A group of nobody, that nobody reads; then a little.
cli XGROUP CREATE ordermq mail '$' >/dev/null
place=$(last_id)
publish 400 4
check "both go on before a group that is far behind" eval \
	'wait_for idle && wait_for is_kept points && wait_for is_kept push'
check "nothing goes that it has not read" [ "$(count_behind "$place")" = 400 ]
ids_behind "$place" >"$dir/ids"
read_by mail m-1 200
# shellcheck disable=SC2046 # ids
cli XACK ordermq mail $(head -n 150 "$dir/ids") >/dev/null
ctl_of two trim >"$dir/said"
first=$(sed -n 151p "$dir/ids")
has_the_rest() { # and not much more
	says "group mail needs all from $first on" &&
		[ "$(cli --raw XRANGE ordermq "$first" + | grep -c '^[0-9]*-[0-9]*$')" = 250 ] &&
		[ "$(cli XLEN ordermq)" -lt $((250 + node)) ]
}
check "what it has settled goes, what is pending stays" has_the_rest
configure_host one "$small ignore = ( \"mail\" );" "$points"
check "once it is ignored by name, all goes" eval \
	'ctl_of one reload >/dev/null && wait_for is_trimmed'
cli XGROUP DESTROY ordermq mail >/dev/null

# Another program deletes what the second host has not read.
end TERM "$two"
place=$(last_id)
publish 100 5
wait_for group_is_idle points
# shellcheck disable=SC2046 # ids
cli XDEL ordermq $(ids_behind "$place" | sed -n '31p;57p;58p') >/dev/null
check "the keeper of the other host finds what was deleted unread" \
	wait_for is_dropped push 3
launch two
two=$launched
is_ready two && wait_for idle
ctl_of two verify push >"$dir/said"
check "verify tells it" says \
	"3 entries were removed from the stream before they were delivered"
end TERM "$two"
end TERM "$one"

# The auditor counts in the stream itself: nothing is to be trimmed but by others.
cli FLUSHALL >/dev/null
rm -f "$dir/push.jsonl"
configure_host one 'max_age = "0";' "$points, $push"
publish_plain() { # publish_plain COUNT
	cli EVAL "for n = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'orderno',
		'A-' .. n, 'userid', n % 10, 'amount', '1000') end" \
		1 ordermq "$1" >/dev/null
}
audit() { # audit ORDERS
	tests/audit "$dir/one.conf" "$1" "$dir/push.jsonl" >"$dir/said" 2>/dev/null
}
publish_plain 200
cli XTRIM ordermq MAXLEN 190 >/dev/null
# shellcheck disable=SC2046 # ids
cli XDEL ordermq $(ids_behind 0 | sed -n '31p;57p;58p') >/dev/null
launch one
one=$launched
is_ready one && wait_for idle
finds_what_is_lost() {
	audit 200
	[ $? = 1 ] && says "lost-order 13"
}
check "the audit finds all that was removed unread" finds_what_is_lost
end TERM "$one"
check "no process has anything to complain about" logs_are_sound
