#!/bin/bash
# For the long tests that need a Debian of their own, which source it: a minimal
# root, with the committed tree cloned into it, and commands as the only
# processes of namespaces that end with them. Needs root and debootstrap, and
# leaves nothing behind.
set -u

# shellcheck source=tests/fixtures/shell_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../fixtures/shell_lib.sh"

# From where this machine itself installs; empty is debootstrap's default.
root_mirror() {
	# shellcheck disable=SC2016 # for apt-get to expand
	apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 2>/dev/null |
		head -n 1
}

# Runs as the first process of namespaces of its own. A chroot would not do: from
# inside of one there are no further mount and user namespaces.
root_inside() {
	local root=$1
	mount --bind "$root" "$root" && mount -t proc proc "$root/proc" &&
		mount -t sysfs -o ro sysfs "$root/sys" &&
		mount --rbind /dev "$root/dev" && mount -t tmpfs tmpfs "$root/tmp" &&
		cd "$root" && pivot_root . mnt && cd / && umount -l /mnt ||
		exit 99
	env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		http_proxy="${http_proxy-}" https_proxy="${https_proxy-}" \
		/bin/bash -s </dev/fd/3
}

# Makes $root of that suite, with the clone in /root/ordermq; skips the test where
# that cannot be.
root_make() { # root_make SUITE TOP
	local suite=$1 top=$2
	[ "$(id -u)" = 0 ] || skip 'not root'
	command -v debootstrap >/dev/null || skip 'no debootstrap'
	[ -e "$top/.git" ] || skip 'no git clone'
	base=$(mktemp -d /var/tmp/omq-root-XXXXXX) || exit 99
	trap 'rm -rf --one-file-system "$base"' EXIT
	trap 'exit 99' INT TERM HUP
	root=$base/root
	debootstrap --variant=minbase "$suite" "$root" "$(root_mirror)" \
		>"$base/log" 2>&1 || { tail "$base/log"; skip "no root for $suite"; }
	apt-config dump | grep -E '^Acquire::https?::' >"$root/etc/apt/apt.conf.d/90host"
	git -c safe.directory='*' clone -q --no-hardlinks "$top" \
		"$root/root/ordermq" || exit 99
}

# A bash in $root, with root_check and what stands on the standard input.
root_run() {
	unshare --mount --pid --fork --kill-child --propagation private \
		bash "${BASH_SOURCE[0]}" inside "$root" \
		3< <(declare -f root_check; echo 'count=0'; cat)
}

# One test; its output, which is kept in /var/log/step, only when it fails.
root_check() { # root_check NAME COMMAND...
	local name=$1 started=$SECONDS
	shift
	count=$((count + 1))
	if "$@" >/var/log/step 2>&1 </dev/null; then
		echo "ok $count - $name ($((SECONDS - started)) s)"
	else
		echo "not ok $count - $name"
		sed -nE '/^(FAIL|ERROR): [^ ]+ /s/^/# /p' /var/log/step |
			awk '!seen[$0]++'
		tail -n 200 /var/log/step | sed 's/^/# /'
	fi
	sed -nE '/^# (PASS|FAIL|XPASS|ERROR): +[0-9]+$/p' /var/log/step
}

[ "${BASH_SOURCE[0]}" != "$0" ] || [ "${1-}" != inside ] || root_inside "$2"
