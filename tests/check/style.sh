#!/bin/sh
# What of the style a machine can see: the form, the sizes, no goto. Prints
# TAP. The form needs clang-format 14 (others format differently), the length
# of functions needs universal-ctags; without them those two are skipped.
#
# usage: style.sh [SOURCE-DIRECTORY]
set -u
cd "${1:-${srcdir:-.}}" || exit 99
sources=$(find lib producers consumers supervisor tests bench -name '*.[ch]' |
	sort) || exit 99
# shellcheck source=tests/fixtures/shell_lib.sh
. tests/fixtures/shell_lib.sh

# Lines of $1 files with more than $2 lines.
longer() {
	# shellcheck disable=SC2086 # file names of ours, without spaces
	wc -l $1 | awk -v max="$2" '$2 != "total" && $1 > max { print $2 ": " $1 " lines" }'
}
# lib/settings/settings.h is the list of all settings, and as long as that.
headers=$(echo "$sources" | grep '\.h$' | grep -v '^lib/settings/settings\.h$')

echo 1..5
# A file of tests is a list of cases, as long as its subject.
report 'a file has at most 400 lines, unless of tests' \
	"$(longer "$(echo "$sources" | grep -v '^tests/')" 400)"
report 'a header has at most 120 lines' "$(longer "$headers" 120)"

# shellcheck disable=SC2086
report 'no goto' "$(grep -nE '^[[:space:]]*goto[[:space:]]' $sources)"

case $(clang-format --version 2>/dev/null) in
*'version 14.'*)
	# shellcheck disable=SC2086
	report 'the form is that of .clang-format' \
		"$(clang-format --dry-run -Werror $sources 2>&1 | grep 'error:')"
	;;
*) leave_out 'the form is that of .clang-format' 'no clang-format 14' ;;
esac

case $(ctags --version 2>/dev/null) in
Universal*)
	# shellcheck disable=SC2086
	report 'a function has at most 60 lines' \
		"$(ctags --languages=C --kinds-C=f --fields=+ne -x \
			--_xformat='%N %F %n %e' $sources |
			awk '$4 - $3 >= 60 { print $2 ":" $3 ": " $1 ": " $4 - $3 + 1 " lines" }')"
	;;
*) leave_out 'a function has at most 60 lines' 'no universal-ctags' ;;
esac
