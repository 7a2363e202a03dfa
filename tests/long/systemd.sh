#!/bin/bash
# The tests that boot a systemd, with that of another Debian: there they must not
# skip themselves. Prints TAP; takes some minutes and the network; see root_lib.sh.
#
# usage: systemd.sh SUITE [SOURCE-DIRECTORY]
suite=${1:?usage: systemd.sh SUITE [SOURCE-DIRECTORY]}
top=$(cd "${2:-$(dirname "$0")/../..}" && pwd) || exit 99
# shellcheck source=tests/long/root_lib.sh
. "$(dirname "$0")/root_lib.sh"

root_make "$suite" "$top"
root_run <<'END'
prepare() {
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	/root/ordermq/bootstrap build && apt-get install -q -y \
		--no-install-recommends redis-server systemd-container procps
}
passes() { # passes TEST
	cd /root/ordermq/build && make -j"$(nproc)" check TESTS="tests/$1" &&
		grep -q '^# SKIP:  *0$' test-suite.log
}
echo 1..4
root_check 'everything is built' prepare
for test in security service units; do
	root_check "$(systemctl --version | head -n 1): $test" \
		passes "systemd/$test.sh"
	sed -n 's/^\(ok .* ms)\|ok .* at most .*\)/#   \1/p' \
		"/root/ordermq/build/tests/systemd/$test.log"
done
END
