#!/bin/sh
# tests/system/seckill_race.sh with more and larger races, in the directory that
# was built. Prints TAP.
#
# usage: seckill.sh RUNS USERS ITEMS PROCESSES [SOURCE-DIRECTORY]
set -u
RUNS=${1:?usage: seckill.sh RUNS USERS ITEMS PROCESSES [SOURCE-DIRECTORY]}
USERS=${2:?usage: seckill.sh RUNS USERS ITEMS PROCESSES [SOURCE-DIRECTORY]}
ITEMS=${3:?usage: seckill.sh RUNS USERS ITEMS PROCESSES [SOURCE-DIRECTORY]}
PROCESSES=${4:?usage: seckill.sh RUNS USERS ITEMS PROCESSES [SOURCE-DIRECTORY]}
srcdir=${5:-$(dirname "$0")/../..}
export RUNS USERS ITEMS PROCESSES srcdir
exec sh "$srcdir/tests/system/seckill_race.sh"
