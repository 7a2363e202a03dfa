#!/bin/bash
# The set-up's two commands on a Debian that has nothing: a minimal root is
# made, the committed tree is cloned into it, and ./bootstrap check and demo
# must do everything else. Prints TAP; takes some minutes and the network.
# Needs root and debootstrap, and leaves nothing behind: all mounts and
# processes live in namespaces that end with it.
#
# usage: fresh-root.sh SUITE [SOURCE-DIRECTORY]
set -u
suite=${1:?usage: fresh-root.sh SUITE [SOURCE-DIRECTORY]}
top=$(cd "${2:-$(dirname "$0")/../..}" && pwd) || exit 99

skip() { echo "1..0 # SKIP $*"; exit 0; }

# From where this machine itself installs; empty is debootstrap's default.
mirror() {
	# shellcheck disable=SC2016 # for apt-get to expand
	apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 2>/dev/null |
		head -n 1
}

# Runs as the first process of namespaces of its own.
inside() {
	local root=$1
	mount -t proc proc "$root/proc" && mount -t sysfs -o ro sysfs "$root/sys" &&
		mount --rbind /dev "$root/dev" && mount -t tmpfs tmpfs "$root/tmp" ||
		exit 99
	chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		http_proxy="${http_proxy-}" https_proxy="${https_proxy-}" \
		/bin/bash -s </dev/fd/3
}

if [ "${3-}" = inside ]; then
	inside "$top"
	exit
fi

[ "$(id -u)" = 0 ] || skip 'not root'
command -v debootstrap >/dev/null || skip 'no debootstrap'
[ -e "$top/.git" ] || skip 'no git clone'

base=$(mktemp -d /var/tmp/omq-root-XXXXXX) || exit 99
trap 'rm -rf --one-file-system "$base"' EXIT
trap 'exit 99' INT TERM HUP
root=$base/root

debootstrap --variant=minbase "$suite" "$root" "$(mirror)" \
	>"$base/log" 2>&1 || { tail "$base/log"; skip "no root for $suite"; }
apt-config dump | grep -E '^Acquire::https?::' >"$root/etc/apt/apt.conf.d/90host"
git -c safe.directory='*' clone -q --no-hardlinks "$top" "$root/root/ordermq" ||
	exit 99

unshare --mount --pid --fork --kill-child --propagation private \
	bash "$0" "$suite" "$root" inside 3<<'END'
count=0
check() { # check NAME COMMAND...: one test; its output only when it fails
	local name=$1 started=$SECONDS
	shift
	count=$((count + 1))
	if "$@" >/var/log/step 2>&1 </dev/null; then
		echo "ok $count - $name ($((SECONDS - started)) s)"
	else
		echo "not ok $count - $name"
		tail -n 200 /var/log/step | sed 's/^/# /'
	fi
	sed -n '/^bootstrap: .*passed/s/^/# /p' /var/log/step
}
redis_is_off() {
	command -v redis-server && ! [ -e /usr/sbin/policy-rc.d ] &&
		! ls /etc/rc?.d/S*redis* /etc/systemd/system/*/redis* &&
		! grep -l redis-server /proc/[0-9]*/comm
}
nothing_to_do() {
	/root/ordermq/bootstrap build && ! grep -E 'missing|  CC ' /var/log/step
}
echo 1..4
check 'bootstrap check' /root/ordermq/bootstrap check
check 'redis-server is neither started nor enabled' redis_is_off
check 'a second run finds nothing to do' nothing_to_do
check 'bootstrap demo' /root/ordermq/bootstrap demo
END
