#!/bin/sh
# tests/redis/retention with more schedules, in the directory that was built.
# Prints TAP.
#
# usage: retention.sh SCHEDULES [SOURCE-DIRECTORY]
RETENTION_SCHEDULES=${1:?usage: retention.sh SCHEDULES [SOURCE-DIRECTORY]}
CMOCKA_MESSAGE_OUTPUT=TAP
export RETENTION_SCHEDULES CMOCKA_MESSAGE_OUTPUT
if ! make -s tests/redis/retention >&2; then
	echo "1..0 # SKIP no cmocka"
	exit 0
fi
exec tests/redis/retention
