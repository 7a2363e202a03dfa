#!/bin/bash
# What the sandbox of the units leaves open, as systemd-analyze counts it, is
# held to a bound, with the drop-in for a Unix socket to a lower one. Prints TAP.
# Needs systemd's tools, but neither root nor a running systemd.
#
# usage: security.sh, in the directory that was built
srcdir=${srcdir:-.}

# shellcheck source=tests/fixtures/shell_lib.sh
. "$srcdir/tests/fixtures/shell_lib.sh"
need systemd-analyze
version=$(systemd-analyze --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
[ "${version:-0}" -ge 250 ] || skip "systemd ${version:-?} is too old"
# Older ones count what newer ones see through.
tcp=1.2 socket=0.5
[ "$version" -lt 257 ] || tcp=1.0 socket=0.3

own_directory
root=$dir
system=$root/usr/lib/systemd/system
mkdir -p "$system"
cp etc/systemd/*.service "$srcdir"/etc/systemd/*.{slice,target} "$system"

exposure() { # exposure UNIT
	systemd-analyze security --offline=true --root="$root" --no-pager "$1" \
		2>"$root/complaints" |
		sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p'
}

holds() { # holds UNIT MOST WORDS: it is at most so exposed
	local found
	found=$(exposure "$1")
	check "$1$3: ${found:-?} of at most $2" is_at_most "${found:-99}" "$2"
}
is_at_most() {
	awk -v found="$1" -v most="$2" 'BEGIN { exit !(found + 0 <= most + 0) }'
}
explain() { sed 's/^/# /' "$root/complaints"; }

units='ordermq.service ordermq@shop.service ordermq-points@1.service
ordermq-push@1.service ordermq-keeper.service ordermq-outbox.service'
echo "1..$((2 * $(echo "$units" | wc -w) + 2))"
for unit in $units; do
	holds "$unit" "$tcp" ''
done
for dropin in ordermq.service.d ordermq@.service.d ordermq-.service.d; do
	mkdir "$system/$dropin" && cp \
		"$srcdir/etc/examples/systemd/redis-socket.conf" "$system/$dropin"
done
for unit in $units; do
	holds "$unit" "$socket" ' with the drop-in for a Unix socket'
done

# The bound is one that can be missed, and each line is understood.
rm -r "$system"/*.d
sed -i '/^ProtectSystem=\|^PrivateUsers=\|^NoNewPrivileges=/d' \
	"$system/ordermq.service"
check 'a weaker sandbox is noticed' \
	not is_at_most "$(exposure ordermq.service)" "$tcp"
check 'systemd understands each line' not grep -q . "$root/complaints"
