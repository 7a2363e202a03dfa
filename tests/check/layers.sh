#!/bin/sh
# Includes and calls point downward. The table below says which rooms (folders)
# a room knows; inside a room the order of its list in local.mk is the order of
# the layers: a module includes, and calls, only what stands before it. So there
# is no circle, of rooms or of modules. Prints TAP.
#
# usage: layers.sh [SOURCE-DIRECTORY], where the libraries were built
#        layers.sh includes [SOURCE-DIRECTORY], anywhere: the includes alone
set -u
only=all
[ "${1-}" != includes ] || { only=includes; shift; }

# room: the rooms it knows. ordermqd knows no Redis, no stream and no order, and
# supervisor/common, on which it stands, does not either.
rooms() {
	cat <<'END'
lib/base:
lib/settings: lib/base
lib/redis: lib/base lib/settings
lib/process: lib/base lib/settings
lib/stream: lib/base lib/settings lib/redis
lib/consumer: lib/base lib/settings lib/redis lib/process lib/stream
producers/common: lib/base lib/settings lib/redis lib/process lib/stream
producers/publish: lib/base lib/settings lib/redis lib/stream
producers/sources: lib/base lib/settings lib/stream producers/common producers/publish
producers/order: lib/base lib/settings lib/redis lib/stream producers/common producers/publish producers/sources
producers/seckill: lib/base lib/settings lib/redis lib/process lib/stream producers/common
consumers: lib/base lib/settings lib/redis lib/process lib/stream lib/consumer
supervisor/common: lib/base lib/settings lib/process
supervisor/ordermqd: lib/base lib/settings lib/process supervisor/common
supervisor/keeper: lib/base lib/settings lib/redis lib/process lib/stream supervisor/common
supervisor/ctl: lib/base lib/settings lib/redis lib/process lib/stream supervisor/common supervisor/keeper
supervisor/ctl/redis: lib/base lib/settings lib/redis lib/process lib/stream lib/consumer supervisor/common supervisor/keeper supervisor/ctl
supervisor/ctl/doctor: lib/base lib/settings lib/redis lib/stream lib/consumer supervisor/common supervisor/keeper supervisor/ctl supervisor/ctl/redis
supervisor/ctl/verify: lib/base lib/settings lib/redis lib/stream lib/consumer supervisor/common supervisor/keeper supervisor/ctl supervisor/ctl/redis
supervisor/show: lib/base lib/settings lib/redis lib/process lib/stream supervisor/common
END
}

# The files of all rooms, a line each, in the order of the layers.
files() {
	for dir in lib producers consumers supervisor; do
		list "$dir"
	done
}
list() {
	sed -n 's/\\$//; s/#.*//; /_SOURCES/s/.*=//; p' "$1/local.mk" |
		tr -s '[:blank:]' '\n' | while read -r word; do
		case $word in
		%D%/*/local.mk) room=${word%/local.mk}; list "$1/${room#%D%/}" ;;
		%D%/*.[ch]) echo "$1/${word#%D%/}" ;;
		esac
	done
}

# One line for each include that is wrong, in the tree $1.
wrong_includes() (
	cd "$1" || exit
	{ rooms; echo; files; } >"$copy/rooms"
	find lib producers consumers supervisor -name '*.[ch]' >"$copy/all"
	# shellcheck disable=SC2046
	grep -l '^int main(' $(cat "$copy/all") >"$copy/mains"
	# shellcheck disable=SC2046 # file names of ours, without spaces
	awk '
	function room(file) { sub(/\/[^\/]*$/, "", file); return file }
	FILENAME ~ /rooms$/ {
		if (!NF) { listed = 1; next }
		if (listed) { if (!($1 in rank)) rank[$1] = FNR; next }
		sub(/:$/, "", $1)
		for (i = 1; i <= NF; i++) knows[$1, $i] = 1
		next
	}
	FILENAME ~ /mains$/ { mains[$1] = 1; next }
	FNR == 1 {
		dir = room(FILENAME)
		# A part of a module without a header of its own stands for itself.
		own = FILENAME; sub(/\.c$/, ".h", own)
		if (!(own in rank)) own = FILENAME
		if (!((dir, dir) in knows))
			print FILENAME ": its folder is no room of the table"
		is_main = FILENAME in mains
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
	# Scripts and other texts, made into C strings.
	{ idir = room(inc) }
	inc ~ /\.inc$/ {
		if (dir ~ /^supervisor\/(common|ordermqd)$/)
			wrong("is not for a room without Redis")
		else if (idir != "lib/scripts" && idir != "etc" && !((dir, idir) in knows))
			wrong("is of a room that " dir " does not know")
		next
	}
	# main() ties together what its program has: its room, and those in it.
	is_main && index(idir "/", dir "/") == 1 { next }
	!((dir, idir) in knows) { wrong("is of a room that " dir " does not know"); next }
	is_main || idir != dir || inc == own { next }
	!(inc in rank) { wrong("is in no list of a local.mk"); next }
	rank[inc] >= rank[own] { wrong("is in a higher layer") }
	' "$copy/rooms" "$copy/mains" $(cat "$copy/all")
)

# One line for each call of a module that stands later in its room, or of a room
# that is not known, by what the compiled files define and need.
wrong_calls() (
	{ rooms; echo; (cd "$top" && files); } >"$copy/rooms"
	sed '1,/^$/d; /\.h$/d' "$copy/rooms" | while read -r file; do
		object=${file%.c}.o
		[ ! -e "$object" ] || nm -P "$object" | sed "s|^|$file |"
	done >"$copy/symbols"
	awk '
	function room(file) { sub(/\/[^\/]*$/, "", file); return file }
	FILENAME ~ /rooms$/ {
		if (!NF) { listed = 1; next }
		if (listed) { if (!($1 in rank)) rank[$1] = FNR; next }
		sub(/:$/, "", $1)
		for (i = 1; i <= NF; i++) knows[$1, $i] = 1
		next
	}
	# main() ties together what its program has.
	$2 == "main" { mains[$1] = 1; next }
	$3 == "U" { needs[$1 " " $2] = 1; next }
	$3 ~ /^[TDBRC]$/ { where[$2] = where[$2] " " $1 }
	END {
		for (need in needs) {
			split(need, part, " ")
			from = part[1]
			count = split(where[part[2]], to, " ")
			for (i = 1; i <= count; i++) {
				if (to[i] == from) continue
				if (from in mains && index(to[i], room(from) "/") == 1)
					continue
				if (room(from) == room(to[i])) {
					if (rank[to[i]] > rank[from])
						print from " calls " part[2] "() of " to[i] ", a higher layer"
				} else if (count == 1 && !((room(from), room(to[i])) in knows))
					print from " calls " part[2] "() of " to[i] ", a room it does not know"
			}
		}
	}' "$copy/rooms" "$copy/symbols" | sort
)

# notices FILE LINE DESCRIPTION: with LINE added to FILE, the check complains.
notices() {
	cp "$top/$1" "$copy/$1" && echo "$2" >>"$copy/$1"
	if wrong_includes "$copy" | grep -q "^$1:"; then
		report "$3" ''
	else
		report "$3" "$1 with $2 passed"
	fi
	cp "$top/$1" "$copy/$1"
}

top=$(cd "${1:-${srcdir:-.}}" && pwd) || exit 99
# shellcheck source=tests/fixtures/shell_lib.sh
. "$top/tests/fixtures/shell_lib.sh"
own_directory
copy=$dir
(cd "$top" && find lib producers consumers supervisor -name '*.[ch]' -o \
	-name local.mk | tar -cf - -T -) | tar -xf - -C "$copy" || exit 99

[ $only = includes ] && echo 1..1 || echo 1..13
report 'includes point downward' "$(wrong_includes "$top")"
[ $only = all ] || exit 0
report 'a copy of the tree passes too' "$(wrong_includes "$copy")"
notices lib/base/err.c '#include "lib/settings/conf.h"' 'an upward include is noticed'
notices lib/consumer/lease.h '#include "lib/consumer/consumer.h"' 'and one in a header'
notices lib/base/log.c '#include "supervisor/ordermqd/loop.h"' 'and one of a program'
notices consumers/points.c '#include "producers/sources/csv.h"' 'and one of another program'
notices supervisor/ordermqd/loop.c '#include "lib/redis/redis.h"' 'ordermqd knows no Redis'
notices supervisor/ordermqd/fleet.c '#  include "lib/stream/order.h"' 'ordermqd knows no order'
notices supervisor/ctl/ordermqctl.c '#include "supervisor/show/demo.h"' 'ordermqctl has no demo in it'
notices lib/redis/dial.c '#include <hiredis/hiredis.h>' 'one file knows hiredis'
notices lib/settings/conf.c '#include <libconfig.h>' 'one file knows libconfig'
report 'calls point downward' "$(wrong_calls)"
report 'and there are calls to look at' \
	"$([ "$(wc -l <"$copy/symbols")" -gt 1000 ] || echo none)"
