#!/bin/sh
# tests/system/autoscale.sh with the default target and ten minutes of load, in
# the directory that was built. Prints TAP, and the decisions.
#
# usage: autoscale.sh SECONDS [SOURCE-DIRECTORY]
set -u
LOAD=${1:?usage: autoscale.sh SECONDS [SOURCE-DIRECTORY]}
srcdir=${2:-$(dirname "$0")/../..}
TARGET=5 RATE=400 LEAST=9 MOST=12
export TARGET RATE LOAD LEAST MOST srcdir
exec sh "$srcdir/tests/system/autoscale.sh"
