#!/bin/bash
# ordermq.service as it is installed, with the configuration as it is installed,
# on a real systemd: it starts, is scaled and reloaded, refuses what is wrong,
# and comes back from whatever befalls it, with every order done. Prints TAP.

# shellcheck source=tests/fixtures/systemd_lib.sh
. "$(dirname "$0")/../fixtures/systemd_lib.sh"

redis_arguments=()
orders=24000
rate=3000

main_pid() { of_unit ordermq MainPID; }

status_text_is() { unit_is ordermq StatusText "$1"; }

processes() { # instances that run, whoever started them
	pgrep -u ordermq -c -x 'ordermq-p.*'
}

is_new_and_ready() { # is_new_and_ready PID N
	local pid
	pid=$(main_pid)
	[ "$pid" != 0 ] && [ "$pid" != "$1" ] && ready "$2"
}

published() { # at least so many entries lie in the stream
	[ "$(cli XLEN ordermq)" -ge "$1" ]
}

nothing_runs() { not pgrep -u ordermq; }

pushed() { # different orders in the push log
	/omq/push_lines </var/lib/ordermq/push.jsonl | cut -d' ' -f2
}

all_is_done() { # every order credited once and pushed, and the books balance
	idle && "$ctl" -c "$conf" verify >/tmp/verify 2>&1 &&
		[ "$(pushed)" = "$orders" ] && return
	echo "#   pushed: $(pushed)"
	sed 's/^/#   /' /tmp/verify
	return 1
}

systemd-sysusers "$sysusers"
systemctl daemon-reload
check 'systemd understands each line of the units' \
	[ "$(systemd-analyze verify --man=no "${unit%/*}"/ordermq* 2>&1 |
		grep ordermq | tee /dev/stderr | wc -l)" = 0 ]
start_redis --port 6379 || skip 'no redis-server here'

# ---- start ----
check 'the unit starts' systemctl enable -q --now ordermq
check 'started means that all instances are ready' ready 4
check 'the status text has the numbers' \
	wait_for status_text_is \
	'points 2/2, lag 0; push 2/2, lag 0; 1 finding: redis-not-durable'
check 'ordermqd speaks in the journal, with its name and priority' \
	journal_has '/ordermq/ordermq.conf runs as node omq' \
	SYSLOG_IDENTIFIER=ordermqd PRIORITY=5 _SYSTEMD_UNIT=ordermq.service
check 'so do the instances' journal_has 'points-1: ready' \
	SYSLOG_IDENTIFIER=ordermq-points PRIORITY=6
check 'all of it runs in the slice' unit_is ordermq Slice ordermq.slice

# ---- reload ----
before=$(pids)
scale_file 4 2
check 'a reload of a file that was edited succeeds' systemctl reload ordermq
check 'more instances run' wait_for ready 6
check 'those that were there keep their process' \
	[ "$before" = "$(pids 'points-[12]|push-.|keeper')" ]
before=$(pids)
cp "$conf" /tmp/good.conf
echo 'instanses = 4;' >>"$conf"
line=$(wc -l <"$conf")
check 'a reload of a file with a mistake fails' not systemctl reload ordermq
check 'the journal names file, line and key' \
	journal_has "ordermq.conf:$line: instanses: unknown setting" \
	SYSLOG_IDENTIFIER=ordermqd PRIORITY=3
check 'the command has said it, too' \
	journal_has "ordermq.conf:$line: instanses" SYSLOG_IDENTIFIER=ordermqctl
check 'the unit is as active as before' unit_is ordermq ActiveState active
check 'nothing has changed' [ "$before" = "$(pids)" ]

# ---- a start with a mistake ----
check 'a restart with the mistake fails' not systemctl restart ordermq
check 'with 78' unit_is ordermq ExecMainStatus 78
check 'and for good' unit_is ordermq ActiveState failed
check 'without a second try' unit_is ordermq NRestarts 0
check 'nothing runs' nothing_runs
cat /tmp/good.conf >"$conf"

# ---- a hung ordermqd ----
mkdir -p $dropins/ordermq.service.d
printf '[Service]\nWatchdogSec=1s\n' >$dropins/ordermq.service.d/watchdog.conf
systemctl daemon-reload
check 'corrected, it starts' systemctl start ordermq
check 'with what was configured' ready 6
hung=$(main_pid)
kill -STOP "$hung"
check 'an ordermqd that hangs is replaced' wait_for is_new_and_ready "$hung" 6
check 'by the watchdog' journal_has 'Watchdog timeout' \
	UNIT=ordermq.service _PID=1
check 'once' unit_is ordermq NRestarts 1
rm $dropins/ordermq.service.d/watchdog.conf
systemctl daemon-reload

# ---- kill -9 under load ----
"$order" -c "$conf" --quiet --generate $orders --seed 7 --rate $rate &
publisher=$!
while :; do
	processes
	sleep 0.02
done >/tmp/samples &
sampler=$!
wait_for published 3000
killed=$(main_pid)
start=$(msecs)
kill -9 "$killed"
wait_for is_new_and_ready "$killed" 6
took=$(($(msecs) - start))
check "killed under load, all is back within 2 s ($took ms)" [ $took -lt 2000 ]
kill $sampler
wait $sampler 2>/dev/null
check 'there were never more instances than configured' \
	[ "$(sort -n /tmp/samples | tail -n 1)" -le 6 ]
check 'though they were counted' [ "$(wc -l </tmp/samples)" -gt 10 ]

# ---- stop under load ----
wait_for published 8000
start=$(msecs)
check 'it stops under load' systemctl stop ordermq
took=$(($(msecs) - start))
check "within the drain of 10 s ($took ms)" [ $took -lt 10000 ]
check 'nothing that was in flight is pending' [ "$(pending | xargs)" = '0 0' ]
check 'nothing is left running' nothing_runs
check 'it has ended well' unit_is ordermq Result success
check 'and starts again' systemctl start ordermq

# ---- restart under load: an upgrade ----
wait_for published 14000
before=$(pids | cut -d' ' -f2)
start=$(msecs)
check 'a restart under load succeeds' systemctl restart ordermq
took=$(($(msecs) - start))
check "in the time of a drain ($took ms)" [ $took -lt 10000 ]
check 'every process is a new one' \
	[ -z "$(pids | cut -d' ' -f2 | grep -Fx "$before")" ]
check 'all orders are published meanwhile' wait $publisher
check 'each order was credited once, and pushed' all_is_done
check 'the books say so' grep -q "^  due  *$orders\$" /tmp/verify
check 'the status text is up to date again' \
	wait_for status_text_is \
	'points 4/4, lag 0; push 2/2, lag 0; 1 finding: redis-not-durable'

# ---- a Redis that the sandbox does not allow ----
sed -i 's/#connect_timeout = "3s"/connect_timeout = "300ms"/' "$conf"
printf '[Service]\nIPAddressAllow=\n' >$dropins/ordermq.service.d/closed.conf
systemctl daemon-reload
systemctl restart --no-block ordermq
check 'a Redis that the sandbox does not allow is told from a dead one' \
	wait_for journal_has 'no answer in time.*IPAddressAllow=' -p err
rm $dropins/ordermq.service.d/closed.conf
systemctl daemon-reload
systemctl restart ordermq
check 'allowed, all is well' wait_for ready 6
finish
