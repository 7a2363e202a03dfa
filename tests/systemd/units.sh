#!/bin/bash
# The other units, on a real systemd: single instances without ordermqd, several
# sets on one host, Redis on a Unix socket with a password, the target, and what
# makes users and directories. Prints TAP.

# shellcheck source=tests/fixtures/systemd_lib.sh
. "$(dirname "$0")/../fixtures/systemd_lib.sh"

socket=/run/redis/redis.sock
redis_arguments=(-s "$socket" -a secret --no-auth-warning)
instances='ordermq-points@1 ordermq-points@2 ordermq-push@1 ordermq-push@2'
singles="$instances ordermq-keeper"

# shellcheck disable=SC2086
are_active() { systemctl is-active -q $1; }
all_stopped() {
	# shellcheck disable=SC2086
	[ "$(systemctl is-active $1 | sort -u)" = inactive ]
}

mode_and_owner() { stat -c '%a %U:%G' "$1"; }

restarted() { # restarted UNIT PID: it runs, and is another process
	local pid
	pid=$(of_unit "$1" MainPID)
	[ "$pid" != 0 ] && [ "$pid" != "$2" ] && are_active "$1"
}

publish() { # publish N: of that many users' orders
	"$order" -c "$conf" --quiet --generate "$1" --seed "$1" --rate "${2:-0}"
}

keys() { /omq/push_lines <"$1" | cut -d' ' -f2; }

all_is_done() { # all_is_done CONF PUSH-LOG
	local length
	length=$(cli XLEN "$(stream_of "$1")")
	wait_for settled "$1" "$2" "$length" &&
		"$ctl" -c "$1" verify >/tmp/verify 2>&1 && return
	sed 's/^/#   /' /tmp/verify
	return 1
}
stream_of() { sed -n 's/^stream.*key = "\([a-z]*\)".*/\1/p' "$1"; }
settled() { # settled CONF PUSH-LOG N
	[ "$(keys "$2")" = "$3" ] &&
		[ "$(cli --raw XPENDING "$(stream_of "$1")" points |
			sed -n 1p)" = 0 ] &&
		"$ctl" -c "$1" verify >/dev/null 2>&1
}

# ---- users and directories ----
systemd-sysusers "$sysusers"
check 'sysusers.d makes the user' [ "$(id -un ordermq)" = ordermq ]
systemd-tmpfiles --create "$tmpfiles"
check 'tmpfiles.d makes the runtime directory' \
	[ "$(mode_and_owner /run/ordermq)" = '755 ordermq:ordermq' ]
check 'and that for what is kept' \
	[ "$(mode_and_owner /var/lib/ordermq)" = '750 ordermq:ordermq' ]

# ---- Redis on a Unix socket, for its group, with a password ----
getent group redis >/dev/null || groupadd redis
mkdir -p /run/redis && chgrp redis /run/redis && chmod 750 /run/redis
start_redis --port 0 --unixsocket $socket --unixsocketperm 770 \
	--requirepass secret
chgrp redis $socket
echo secret >"$etc/ordermq/redis-password"
chmod 600 "$etc/ordermq/redis-password"
for set in '' shop; do
	cat >"$etc/ordermq/${set:-ordermq}.conf" <<CONF
redis = { url = "unix://$socket"; password_file = "redis-password"; };
stream = { key = "${set:-ordermq}"; };
groups = (
  { name = "points"; program = "points"; instances = 2; },
  { name = "push"; program = "push"; instances = 2;
    push = { file = "/var/lib/ordermq${set:+-$set}/push.jsonl"; }; }
);
supervisor = { control = "/run/ordermq${set:+-$set}/control.sock"; };
CONF
done
for dir in ordermq.service.d ordermq@.service.d ordermq-.service.d; do
	mkdir -p $dropins/$dir && cp "$socket_dropin" $dropins/$dir
done
systemctl daemon-reload
check 'with the drop-in for a socket and a password file, the unit starts' \
	systemctl start ordermq
check 'and all instances are ready' ready 4
check 'none of them sees a network' [ "$(sed -n 's/^ *\(.*\):.*/\1/p' \
	"/proc/$(of_unit ordermq MainPID)/net/dev")" = lo ]
credential=/run/credentials/ordermq.service/redis-password
check 'the password is for them' grep -qx secret $credential
check 'alone' not setpriv --reuid 65534 --regid 65534 --clear-groups \
	cat $credential 2>/dev/null
"$ctl" -c "$conf" verify >/tmp/verify
check 'ordermqctl finds it, too' grep -q balanced /tmp/verify

# ---- a second set ----
check 'a second set starts beside the first' systemctl start ordermq@shop
check 'with a node name of its own' \
	journal_has 'shop.conf runs as node omq-shop' _SYSTEMD_UNIT=ordermq@shop.service
check 'in its own directories' [ -S /run/ordermq-shop/control.sock ]
check 'its reload reaches it' systemctl reload ordermq@shop
check 'and it alone' not journal_has 'reload:' _SYSTEMD_UNIT=ordermq.service
for order_file in "$conf" "$etc/ordermq/shop.conf"; do
	"$order" -c "$order_file" --quiet --generate 200 --seed 1
done
check 'each does its own orders' all_is_done "$conf" /var/lib/ordermq/push.jsonl
check 'and those of its own stream' \
	all_is_done "$etc/ordermq/shop.conf" /var/lib/ordermq-shop/push.jsonl
check 'a set that takes the directory of another does not start' \
	not systemctl start ordermq@ordermq
# Not by the unit: journald looks for it in /proc, where a process that has
# ended is no more.
check 'and the journal says which process has it' journal_has \
	"/run/ordermq: already running, pid $(of_unit ordermq MainPID)" \
	SYSLOG_IDENTIFIER=ordermqd
systemctl stop ordermq@ordermq

# ---- the outbox ----
published=$(cli XLEN ordermq)
one_more() { [ "$(cli XLEN ordermq)" = $((published + 1)) ]; }
check 'the outbox starts' systemctl start ordermq-outbox
check 'whoever is in the group may put an order there' setpriv --reuid 65534 \
	--regid ordermq --clear-groups "$order" -c "$conf" --quiet \
	--outbox /var/lib/ordermq/outbox orderno=O-1 amount=500
check 'it comes to the stream' wait_for one_more
systemctl stop ordermq-outbox

# ---- the target ----
systemctl enable -q ordermq ordermq@shop
systemctl start ordermq.target
check 'stopping the target stops all' systemctl stop ordermq.target
check 'in the end' wait_for all_stopped 'ordermq ordermq@shop'
check 'starting it starts what is enabled' systemctl start ordermq.target
check 'all of it' wait_for are_active 'ordermq ordermq@shop'
systemctl disable -q ordermq ordermq@shop
systemctl stop ordermq ordermq@shop

# ---- single instances, without ordermqd ----
mkdir -p $dropins/ordermq-points@.service.d
printf '[Service]\nWatchdogSec=1s\n' \
	>$dropins/ordermq-points@.service.d/watchdog.conf
systemctl daemon-reload
# shellcheck disable=SC2086
check 'single instances start without ordermqd' systemctl start $singles
check 'and are active' are_active "$singles"
check 'with a status' wait_for unit_is ordermq-points@1 StatusText reading
check 'ordermqd is not' not are_active ordermq
publish 6000 2000 &
publisher=$!
wait_for journal_has 'points-2: ready' SYSLOG_IDENTIFIER=ordermq-points
hung=$(of_unit ordermq-points@1 MainPID)
killed=$(of_unit ordermq-push@2 MainPID)
other=$(of_unit ordermq-points@2 MainPID)
kill -STOP "$hung"
kill -9 "$killed"
check 'one that is killed starts again' wait_for restarted ordermq-push@2 "$killed"
check 'one that hangs is replaced' wait_for restarted ordermq-points@1 "$hung"
check 'by the watchdog' journal_has 'Watchdog timeout' \
	UNIT=ordermq-points@1.service _PID=1
check 'no other one is touched' unit_is ordermq-points@2 MainPID "$other"
wait $publisher
check 'they do the same job' all_is_done "$conf" /var/lib/ordermq/push.jsonl
check 'a number that is none is refused' not systemctl start ordermq-points@none
check 'with 64, once' [ "$(of_unit ordermq-points@none ExecMainStatus) $(of_unit \
	ordermq-points@none NRestarts)" = '64 0' ]
# shellcheck disable=SC2086
check 'they stop' systemctl stop $singles
check 'and leave nothing' [ "$(pending | xargs)" = '0 0' ]
check 'then ordermqd takes over' systemctl start ordermq
check 'without waiting for their leases' ready 4
check 'a single instance beside it does not start' \
	not systemctl start ordermq-points@1
check 'it is refused with 78' unit_is ordermq-points@1 ExecMainStatus 78
check 'which changes nothing' ready 4
finish
