#!/bin/sh
# Includes point downward. The order of libordermq_a_SOURCES in Makefile.am is
# the order of the layers: a module of lib/ may include only what stands above
# it. A program's folder includes lib/ and itself; ordermqd knows nothing of
# Redis or orders; one file knows hiredis, one knows libconfig. Prints TAP.
#
# usage: check_layers.sh [SOURCE-DIRECTORY]
set -u

# One line for each include that is wrong, in the tree $1.
violations() (
	cd "$1" || exit
	awk '
	# The files that a list of Makefile.am names, in its order.
	FILENAME == "Makefile.am" {
		if (/^[a-z_]+_SOURCES *=/) list = $1
		for (i = 1; list && i <= NF; i++) {
			if (list == "libordermq_a_SOURCES" && $i ~ /\.[ch]$/)
				rank[$i] = ++ranks
			if (list == "supervisor_ordermqd_SOURCES")
				ordermqd[$i] = 1
		}
		if (!/\\$/) list = ""
		next
	}
	FNR == 1 {
		dir = FILENAME; sub(/\/.*/, "", dir)
		# A part of a module without a header of its own stands for itself.
		own = FILENAME; sub(/\.c$/, ".h", own)
		if (!(own in rank)) own = FILENAME
		if (dir == "lib" && !(own in rank))
			print FILENAME " is in no layer of Makefile.am"
	}
	function wrong(why) { print FILENAME ":" FNR ": " inc " " why }
	!/^[ \t]*#[ \t]*include/ { next }
	{ inc = $0; sub(/^[^"<]*["<]/, "", inc); sub(/[">].*/, "", inc) }
	/^[^"]*</ {
		if (inc ~ /^hiredis/ && FILENAME != "lib/redis/resp.c")
			wrong("is for lib/redis/resp.c alone")
		if (inc == "libconfig.h" && FILENAME != "lib/settings/conf_tree.c")
			wrong("is for lib/settings/conf_tree.c alone")
		next
	}
	inc == "config.h" { next }
	inc !~ /\// { wrong("is named without its folder"); next }
	{ idir = inc; sub(/\/.*/, "", idir) }
	FILENAME in ordermqd && inc ~ redis_side { wrong("is not for ordermqd") }
	# Scripts and other texts, made into C strings.
	inc ~ /\.inc$/ { next }
	idir != "lib" && idir != dir { wrong("is another program'\''s"); next }
	dir == "lib" && inc != own {
		if (!(inc in rank))
			wrong("is in no layer of Makefile.am")
		else if (rank[inc] >= rank[own])
			wrong("is in a higher layer")
	}' redis_side='^lib/(resp|formatter|pipeline|redis|redis_error|reply|command|order|seat|delivery|hand|handler|exchange|keys|consumer[a-z_]*)[.]h$|^lib/scripts/' \
		Makefile.am lib/*.[ch] producers/*.[ch] consumers/*.[ch] \
		supervisor/*.[ch]
)

count=0
# report DESCRIPTION COMPLAINTS: ok when there are none.
report() {
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		echo "$2" | sed 's/^/# /'
	fi
}

# notices FILE LINE DESCRIPTION: with LINE added to FILE, the check complains.
notices() {
	cp "$top/$1" "$copy/$1" && echo "$2" >>"$copy/$1"
	if violations "$copy" | grep -q "^$1:"; then
		report "$3" ''
	else
		report "$3" "$1 with $2 passed"
	fi
	cp "$top/$1" "$copy/$1"
}

top=$(cd "${1:-${srcdir:-.}}" && pwd) || exit 99
copy=$(mktemp -d) || exit 99
trap 'rm -rf "$copy"' EXIT
trap 'exit 99' INT TERM HUP
for dir in lib producers consumers supervisor; do
	mkdir "$copy/$dir" && cp "$top/$dir"/*.[ch] "$copy/$dir" || exit 99
done
cp "$top/Makefile.am" "$copy" || exit 99

echo 1..10
report 'includes point downward' "$(violations "$top")"
report 'a copy of the tree passes too' "$(violations "$copy")"
notices lib/base/err.c '#include "lib/settings/conf.h"' 'an upward include is noticed'
notices lib/consumer/lease.h '#include "lib/consumer/consumer.h"' 'and one in a header'
notices lib/base/log.c '#include "supervisor/ordermqd/loop.h"' 'and one of a program'
notices consumers/points.c '#include "producers/sources/csv.h"' 'and one of another program'
notices supervisor/ordermqd/loop.c '#include "lib/redis/redis.h"' 'ordermqd knows no Redis'
notices supervisor/ordermqd/fleet.c '#  include "lib/stream/order.h"' 'ordermqd knows no order'
notices lib/redis/dial.c '#include <hiredis/hiredis.h>' 'one file knows hiredis'
notices lib/settings/conf.c '#include <libconfig.h>' 'one file knows libconfig'
