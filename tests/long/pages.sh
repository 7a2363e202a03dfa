#!/bin/sh
# Every command of HACKING.md, as it stands there, in a fresh clone. Prints TAP.
#
# usage: pages.sh [SOURCE-DIRECTORY]
set -u
top=$(cd "${1:-$(dirname "$0")/../..}" && pwd) || exit 99
# shellcheck source=tests/fixtures/shell_lib.sh
. "$top/tests/fixtures/shell_lib.sh"
own_directory

# shellcheck disable=SC2016 # backquotes are what is looked for
# The lines of the blocks that are marked as sh.
sed -n '/^```sh$/,/^```$/{/^```/d; p}' "$top/HACKING.md" >"$dir/commands"
echo "1..$(($(wc -l <"$dir/commands") + 1))"
git clone -q "$top" "$dir/clone" || exit 99
cd "$dir/clone" || exit 99
count=1
echo "$([ -s "$dir/commands" ] || echo 'not ')ok 1 - there are commands"
while read -r command <&3; do
	count=$((count + 1))
	if sh -c "$command" >"$dir/output" 2>&1 </dev/null; then
		echo "ok $count - $command"
	else
		echo "not ok $count - $command"
		tail -n 20 "$dir/output" | sed 's/^/# /'
	fi
done 3<"$dir/commands"
