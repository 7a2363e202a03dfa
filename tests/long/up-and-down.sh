#!/bin/sh
# tests/system/up_and_down.sh with more cycles, and with the time in which all are
# to be ready, in the directory that was built. Prints TAP and the figures.
#
# usage: up-and-down.sh CYCLES [SOURCE-DIRECTORY]
set -u
CYCLES=${1:?usage: up-and-down.sh CYCLES [SOURCE-DIRECTORY]}
srcdir=${2:-$(dirname "$0")/../..}
READY_MSECS=500
export CYCLES READY_MSECS srcdir
exec sh "$srcdir/tests/system/up_and_down.sh"
