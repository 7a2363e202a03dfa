#!/bin/sh
# The manual pages are sound mdoc, and each verb of ordermqctl is in its page.
# Prints TAP. The form needs mandoc; without it that is skipped.
#
# usage: man.sh [SOURCE-DIRECTORY]
set -u
cd "${1:-${srcdir:-.}}" || exit 99
# shellcheck source=tests/fixtures/shell_lib.sh
. tests/fixtures/shell_lib.sh

echo 1..3
if command -v mandoc >/dev/null; then
	report 'mandoc has no complaint' \
		"$(mandoc -T lint -W warning man/*.[13578] 2>/dev/null)"
else
	leave_out 'mandoc has no complaint' 'no mandoc'
fi

# The names in a table of verbs: { "status", ...
verbs() {
	sed -n '/^static const struct ctl_verb verbs\[\]/,/^};/p' "$1" |
		sed -n 's/^	{ "\([a-z]*\)".*/\1/p'
}
missing=$(for verb in $(verbs supervisor/ctl/ordermqctl.c); do
	[ "$verb" = dead ] || grep -q "^\.It Cm $verb\>" man/ordermqctl.1 ||
		echo "$verb is not in ordermqctl(1)"
done
for verb in $(verbs supervisor/ctl/redis/verb_dead.c); do
	grep -q "^\.It Cm dead $verb\>" man/ordermqctl.1 ||
		echo "dead $verb is not in ordermqctl(1)"
done)
report 'each verb of ordermqctl is in its page' "$missing"
report 'there are verbs to look for' \
	"$([ "$(verbs supervisor/ctl/ordermqctl.c | wc -l)" -gt 10 ] &&
		[ "$(verbs supervisor/ctl/redis/verb_dead.c | wc -l)" -gt 3 ] || echo none)"
