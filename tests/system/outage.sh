#!/bin/sh
# tests/long/outage.sh, in short. In so little time the first tries, which come one
# soon after the other, weigh more; and other tests run beside this.
OUTAGE_REDIS='connect_timeout = "1s"; reply_timeout = "1s";' \
	OUTAGE_PERCENT=4 OUTAGE_HANG=3s OUTAGE_BACK=10000 \
	exec sh "${srcdir:-.}/tests/long/outage.sh" 4 3
