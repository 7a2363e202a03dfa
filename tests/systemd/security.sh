#!/bin/bash
# What the sandbox of the units leaves open, as systemd-analyze counts it, is
# held to a bound, with the drop-in for a Unix socket to a lower one. Prints TAP.
# Needs systemd's tools, but neither root nor a running systemd.
#
# usage: security.sh, in the directory that was built
srcdir=${srcdir:-.}

skip() { echo "1..0 # SKIP $*"; exit 0; }

command -v systemd-analyze >/dev/null || skip 'no systemd-analyze'
version=$(systemd-analyze --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
[ "${version:-0}" -ge 250 ] || skip "systemd ${version:-?} is too old"
# Older ones count what newer ones see through.
tcp=1.2 socket=0.5
[ "$version" -lt 257 ] || tcp=1.0 socket=0.3

root=$(mktemp -d /tmp/omq-units-XXXXXX) || exit 99
trap 'rm -rf "$root"' EXIT
system=$root/usr/lib/systemd/system
mkdir -p "$system"
cp etc/systemd/*.service "$srcdir"/etc/systemd/*.{slice,target} "$system"

exposure() { # exposure UNIT
	systemd-analyze security --offline=true --root="$root" --no-pager "$1" \
		2>"$root/complaints" |
		sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p'
}

count=0
holds() { # holds UNIT MOST WORDS: it is at most so exposed
	local found
	found=$(exposure "$1")
	count=$((count + 1))
	if awk -v found="${found:-99}" -v most="$2" \
		'BEGIN { exit !(found + 0 <= most + 0) }'; then
		echo "ok $count - $1$3: ${found} of at most $2"
	else
		echo "not ok $count - $1$3: ${found:-?} of at most $2"
		sed 's/^/# /' "$root/complaints"
	fi
}

units='ordermq.service ordermq@shop.service ordermq-points@1.service
ordermq-push@1.service ordermq-keeper.service ordermq-outbox.service'
echo "1..$((2 * $(echo "$units" | wc -w) + 2))"
for unit in $units; do
	holds "$unit" "$tcp" ''
done
for dir in ordermq.service.d ordermq@.service.d ordermq-.service.d; do
	mkdir "$system/$dir" && cp \
		"$srcdir/etc/examples/systemd/redis-socket.conf" "$system/$dir"
done
for unit in $units; do
	holds "$unit" "$socket" ' with the drop-in for a Unix socket'
done

# The bound is one that can be missed, and each line is understood.
rm -r "$system"/*.d
sed -i '/^ProtectSystem=\|^PrivateUsers=\|^NoNewPrivileges=/d' \
	"$system/ordermq.service"
count=$((count + 1))
if awk -v found="$(exposure ordermq.service)" -v most="$tcp" \
	'BEGIN { exit !(found + 0 > most + 0) }'; then
	echo "ok $count - a weaker sandbox is noticed"
else
	echo "not ok $count - a weaker sandbox is noticed"
fi
count=$((count + 1))
if ! grep . "$root/complaints"; then
	echo "ok $count - systemd understands each line"
else
	echo "not ok $count - systemd understands each line"
fi
