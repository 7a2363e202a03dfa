#!/bin/sh
# Entries of 200 KB in several memory limits: see tests/system/memory_limit.sh.
#
# usage: memory-limit.sh [SOURCE-DIRECTORY], from the build directory
LIMITS="60 55 36 28 22" exec "${srcdir:-.}/tests/system/memory_limit.sh"
