#!/bin/sh
# tests/system/outbox_killed.sh with more runs of more orders, in the directory that
# was built. Prints TAP.
#
# usage: outbox.sh RUNS ORDERS [SOURCE-DIRECTORY]
set -u
RUNS=${1:?usage: outbox.sh RUNS ORDERS [SOURCE-DIRECTORY]}
ORDERS=${2:?usage: outbox.sh RUNS ORDERS [SOURCE-DIRECTORY]}
srcdir=${3:-$(dirname "$0")/../..}
export RUNS ORDERS srcdir
exec sh "$srcdir/tests/system/outbox_killed.sh"
