#!/bin/sh
# tests/system/interrupted.sh with more and larger loads, in the directory that
# was built. Prints TAP.
#
# usage: interrupted.sh RUNS ORDERS [SOURCE-DIRECTORY]
set -u
RUNS=${1:?usage: interrupted.sh RUNS ORDERS [SOURCE-DIRECTORY]}
ORDERS=${2:?usage: interrupted.sh RUNS ORDERS [SOURCE-DIRECTORY]}
srcdir=${3:-$(dirname "$0")/../..}
export RUNS ORDERS srcdir
exec sh "$srcdir/tests/system/interrupted.sh"
