#!/bin/sh
# Order programs as people write them, in six languages and each with the client
# that is usual there, feed points and push through the example configurations.
# Every balance and every notification is computed here, too. A language that is
# not there is skipped: ./bootstrap clients brings them all. Prints TAP.
for tool in redis-cli redis-server; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP no $tool"; exit 0; }
done
. "${srcdir:-.}/tests/fixtures/system_lib.sh"
source=$(cd "${srcdir:-.}" && pwd)
senders=$source/tests/senders
examples=$source/etc/examples

skipped() { # skipped NAME WHY
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# A python3 may be there that does not know of Debian's modules.
python() {
	for python in python3 /usr/bin/python3; do
		"$python" -c 'import redis' 2>/dev/null && return
	done
	return 1
}

has_client() { # has_client LANGUAGE
	case $1 in
	sh) ;;
	python3) python ;;
	php) php -r 'exit(class_exists("Redis") ? 0 : 1);' ;;
	ruby) ruby -e 'require "redis"; require "csv"' ;;
	node) node -e 'require("ioredis")' ;;
	perl) perl -MRedis -e 1 ;;
	esac >/dev/null 2>&1
}

# 60 orders of 7 customers and some guests, with 0 to 2 decimals.
orders() {
	awk 'BEGIN { for (i = 1; i <= 60; i++)
		printf "%d,%s,%s,%d,%s\n", 1000 + i,
			i % 5 ? "u" i % 7 : "", i % 2 ? "Tea" : "Grüner Tee",
			1 + i % 4, i % 3 ? (i * 37 % 500) / 100 + 1 : i }'
}

# What these orders are worth: "user,points", in whole cents.
points_of_orders() {
	awk -F, '{ split($5 ".", price, ".")
		cents = (price[1] substr(price[2] "00", 1, 2)) * $4 }
		$2 != "" { points[$2] += int(cents / 100) }
		END { for (user in points) print user "," points[user] }'
}

# 40 payments, of which every fourth one is refunded in two parts; and events that
# are none of our business.
events() {
	awk 'BEGIN { for (i = 1; i <= 40; i++) {
		printf "paid,%d,u%d,%d,\n", i, i % 6, 1000 + 91 * i
		if (i % 4 == 0) for (r = 1; r <= 2; r++)
			printf "refunded,%d,u%d,%d,R-%d\n", i, i % 6, 300 + i, r
		if (i % 10 == 0) printf "shipped,%d,,0,\n", i
	} }'
}

points_of_events() {
	awk -F, '$1 == "paid" { points[$3] += int($4 / 100) }
		$1 == "refunded" { points[$3] -= int($4 / 100) }
		END { for (user in points) print user "," points[user] }'
}

buyers() { # each of 30 users comes twice
	awk 'BEGIN { for (i = 0; i < 60; i++) print 100 + i % 30 }'
}

# The example as it stands, with our Redis, push log and programs.
configure_example() { # configure_example NAME
	{
		sed -e "s|redis://127.0.0.1:6379|unix://$dir/redis.sock|" \
			-e "s|/var/lib/ordermq/push.jsonl|$dir/push.jsonl|" \
			"$examples/$1.conf"
		cat <<CONF
supervisor = { control = "$dir/control.sock"; programs = "$top/bin"; };
log = { to = "stderr"; };
CONF
	} >"$dir/ordermq.conf"
	stream=$(sed -n '/^stream/,/^}/s/^    key = "\(.*\)";/\1/p' "$examples/$1.conf")
	case $stream in
	*"{"*) prefix=$stream ;;
	*) prefix="{$stream}" ;;
	esac
}

balances() {
	cli HGETALL "$prefix:points:balance" | paste -d, - - | grep -v '^,$' | sort
}

books_of() { # books_of GROUP: "book,entries"
	cli HGETALL "$prefix:$1:books" | paste -d, - - | sort
}

# The text of the first notification that there is for an order.
body_of() { # body_of ORDERNO
	grep -m 1 "\"key\": *\"$1:paid\"" "$dir/push.jsonl" |
		sed 's/.*"body": *"\([^"]*\)".*/\1/'
}

same() { # same WHAT GOT EXPECTED
	[ "$2" = "$3" ] && return
	printf '# %s: got\n%s\n' "$1" "$2" | sed '2,$s/^/#   /'
	printf '# expected\n%s\n' "$3" | sed '2,$s/^/#   /'
	return 1
}

monitor_is_content() {
	ctl check --ignore redis-not-durable >"$dir/checked"
}

# What a sender has written is read through its example to the expected end. The
# keeper, which the monitor asks, looks once a second.
settles() { # settles NOTIFICATIONS POINTS BOOKS ORDERNO BODY
	wait_for idle && wait_for monitor_is_content || return
	grep -q OK "$dir/checked" &&
		same balances "$(balances)" "$(echo "$2" | sort)" &&
		same books "$(books_of points)" "$3" &&
		same notifications "$(lines_and_keys)" "$1 $1" &&
		same text "$(body_of "$4")" "$5"
}

# try LANGUAGE EXAMPLE NAME COMMAND...: with ordermqd on the example
tried=
try() {
	language=$1 example=$2 name=$3
	shift 3
	tried="$tried $example"
	if ! has_client "$language"; then
		skipped "$name" "no client for $language"
		return
	fi
	rm -f "$dir/push.jsonl"
	configure_example "$example"
	start 4 || { check "$name" false; return; }
	check "$name" "$@"
	stop || echo "# ordermqd: status $stopped"
}

run() { # run COMMAND...: what it says only when it fails
	"$@" >"$dir/said" 2>&1 || { sed 's/^/# /' "$dir/said"; return 1; }
}

sell() { # sell COMMAND...: the 60 orders
	orders | run "$@" "$dir/redis.sock"
}

settles_orders() { # settles_orders BODY: points for the 48 that have an account
	settles 60 "$(orders | points_of_orders)" 'applied,48
guest,12' 1001 "$1"
}

shell_sells() {
	sell sh "$senders/orders.sh" &&
		same 'what redis-cli said' "$(cat "$dir/said")" '60 orders' &&
		settles_orders 'Thank you! 2 x Tea is on its way.'
}

# Where entries are kept short, no more are written than are kept.
python_sells() {
	sell "$python" "$senders/orders_capped.py" &&
		settles_orders 'Thank you! 2 x Tea is on its way.'
}

php_sells() {
	buyers | run php "$senders/voucher.php" "$dir/redis.sock" 7 20 || return
	same 'what was decided' "$(cat "$dir/said")" 'sold: 20
sold out: 40
once only: 0' || return
	first=$(cli --raw XRANGE stream.orders - + COUNT 1 | sed -n '$p')
	settles 20 "$(buyers | head -n 20 | sed 's/$/,10/')" applied,20 \
		"$first" "Voucher 7 is yours: order $first."
}

ruby_sells() {
	events | run ruby "$senders/events.rb" "$dir/redis.sock" || return
	# 40 payments and 20 refunds are notified of, 4 shipments are not.
	settles 60 "$(events | points_of_events)" 'applied,60
other,4' 1 'Thank you! We received your payment.'
}

node_sells() {
	sell node "$senders/checkout.js" &&
		settles_orders 'Thank you! 2 x Tea: 2.74.'
}

perl_sells() {
	sell perl "$senders/till.pl" &&
		settles 60 '' guest,60 1001 'Order 1001, 1.37 each.'
}

# A writer that keeps its stream short removes what nobody has read yet.

dropped_of() { # dropped_of GROUP: as status has it
	ctl status --json | grep '"kind": *"group"' | grep "\"name\": *\"$1\"" |
		sed -n 's/.*"dropped": *\([0-9]*\).*/\1/p'
}

nothing_runs() {
	! ctl status | grep -q '^\(points\|push\)-.* ready '
}

# All that was written and is not there any more.
both_have_dropped() {
	left=$(cli XLEN "$stream")
	[ "$left" -lt 600 ] &&
		[ "$(dropped_of points)" = $((600 - left)) ] &&
		[ "$(dropped_of push)" = $((600 - left)) ]
}

rest() {
	run ctl hold points && run ctl hold push && wait_for nothing_runs
}

go_on() {
	run ctl unhold points && run ctl unhold push && wait_for idle
}

sell_600() { # sell_600 PREFIX: of their order numbers
	awk -v prefix="$1" 'BEGIN { for (i = 1; i <= 600; i++)
		print prefix i ",u" i % 7 ",Tea,1,1.00" }' |
		run "$python" "$senders/orders_capped.py" "$dir/redis.sock"
}

unread_orders_are_removed() {
	rest && sell_600 B-
}

removed='entries were removed from the stream before they were delivered'

# In one line or, where the keeper looked meanwhile, in several.
log_names_both() {
	for group in points push; do
		same "removed of $group" "$(
			sed -n "s/.*group $group: \([0-9]*\) $removed.*/\1/p" \
				"$dir/log" | awk '{ sum += $1 } END { print sum }'
		)" $((600 - left)) || return
	done
}

doctor_names_both() {
	ctl doctor >"$dir/said"
	for group in points push; do
		grep -q "group $group: $((600 - left)) $removed" "$dir/said" ||
			{ sed 's/^/# /' "$dir/said"; return 1; }
	done
}

the_rest_is_settled() {
	go_on && same points "$(books_of points)" "applied,$left
dropped,$((600 - left))" &&
		same notifications "$(lines_and_keys)" "$left $left"
}

# What is removed and then read past while the keeper does not look.
unseen_orders_are_removed() {
	keeper=$(ctl status --json | sed -n \
		's/^{"kind":"keeper".*"pid":\([0-9]*\).*/\1/p')
	rest && kill -STOP "$keeper" && sell_600 C- && go_on
}

verify_tells_both() {
	ctl verify >"$dir/said"
	kill -CONT "$keeper"
	left=$(cli XLEN "$stream")
	same 'groups to which entries are missing' "$(grep -c \
		"$((600 - left)) entries were due and are nowhere" "$dir/said")" 2
}

every_example_is_tried() {
	for file in "$examples"/*.conf; do
		example=${file##*/}
		case " $tried " in
		*" ${example%.conf} "*) ;;
		*) echo "# nobody tries $example"; return 1 ;;
		esac
	done
}

start_redis
echo 1..14
try sh orders-product 'redis-cli, in transactions' shell_sells
try python3 orders-capped 'python3-redis, with MAXLEN ~ 100' python_sells
try php voucher 'php-redis, from a script in Redis' php_sells
try ruby events 'ruby-redis, payments and refunds' ruby_sells
try node checkout 'ioredis, in a pipeline' node_sells
try perl till 'libredis-perl, without accounts' perl_sells
check 'every example has its sender' every_example_is_tried
if has_client python3; then
	rm -f "$dir/push.jsonl" "$dir/log"
	cli FLUSHALL >/dev/null
	configure_example orders-capped
	start 4
	check 'MAXLEN removes orders that nobody has read' unread_orders_are_removed
	check 'status tells each group how many' wait_for both_have_dropped
	check 'so does the log' log_names_both
	check 'and ordermqctl doctor' doctor_names_both
	check 'what was left is settled' the_rest_is_settled
	check 'the keeper stands still meanwhile' unseen_orders_are_removed
	check 'then ordermqctl verify tells' verify_tells_both
	stop
else
	for name in removed status log doctor settled keeper verify; do
		skipped "$name" 'no client for python3'
	done
fi
