#!/bin/bash
# The set-up's two commands on a Debian that has nothing: ./bootstrap check and
# demo must do everything else. Prints TAP; takes some minutes and the network;
# see root_lib.sh.
#
# usage: fresh-root.sh SUITE [SOURCE-DIRECTORY]
suite=${1:?usage: fresh-root.sh SUITE [SOURCE-DIRECTORY]}
top=$(cd "${2:-$(dirname "$0")/../..}" && pwd) || exit 99
# shellcheck source=tests/long/root_lib.sh
. "$(dirname "$0")/root_lib.sh"

root_make "$suite" "$top"
root_run <<'END'
redis_is_off() {
	command -v redis-server && ! [ -e /usr/sbin/policy-rc.d ] &&
		! ls /etc/rc?.d/S*redis* /etc/systemd/system/*/redis* &&
		! grep -l redis-server /proc/[0-9]*/comm
}
nothing_to_do() {
	/root/ordermq/bootstrap build && ! grep -E 'missing|  CC ' /var/log/step
}
echo 1..4
root_check 'bootstrap check' /root/ordermq/bootstrap check
sed -n 's/^:global-test-result: /# tests\/systemd\/service.sh: /p' \
	/root/ordermq/build/tests/systemd/service.trs
root_check 'redis-server is neither started nor enabled' redis_is_off
root_check 'a second run finds nothing to do' nothing_to_do
root_check 'bootstrap demo' /root/ordermq/bootstrap demo
END
