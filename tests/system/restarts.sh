#!/bin/sh
# tests/long/restarts.sh, in short: two restarts and one failover.
exec sh "${srcdir:-.}/tests/long/restarts.sh" 2 1
