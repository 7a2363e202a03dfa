#!/bin/bash
# All tests that start a server, against those of a newer Debian: Redis 8 and
# Valkey, which word things differently. Prints TAP, with the errors that
# tests/system/states met; takes some minutes and the network; see root_lib.sh.
#
# usage: servers.sh SUITE [SOURCE-DIRECTORY]
suite=${1:?usage: servers.sh SUITE [SOURCE-DIRECTORY]}
top=$(cd "${2:-$(dirname "$0")/../..}" && pwd) || exit 99
# shellcheck source=tests/long/root_lib.sh
. "$(dirname "$0")/root_lib.sh"

root_make "$suite" "$top"
root_run <<'END'
prepare() {
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	/root/ordermq/bootstrap build && apt-get install -q -y \
		--no-install-recommends redis-server valkey-server libcmocka-dev &&
		rm -rf /root/ordermq/build && /root/ordermq/bootstrap build
}
passes() { # passes SERVER
	cd /root/ordermq/build || return
	tests=$(make -s server-tests) || return
	ORDERMQ_TEST_REDIS=$1 make -j"$(nproc)" check TESTS="$tests"
}
words_of() {
	sed -n 's/^# \([A-Z]* \)/#   \1/p' /root/ordermq/build/tests/system/states.log
}
echo 1..3
root_check 'everything is built' prepare
for server in redis-server valkey-server; do
	root_check "$("/usr/bin/$server" --version | cut -d' ' -f1-3)" \
		passes "/usr/bin/$server"
	words_of
done
END
