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

scripts=$(find tests tools -name '*.sh' | sort)
product=$(echo "$sources" | grep '^[lpcs].*\.c$')

# Lines of $1 files with more than $2 lines.
longer() {
	# shellcheck disable=SC2086 # file names of ours, without spaces
	wc -l $1 | awk -v max="$2" '$2 != "total" && $1 > max { print $2 ": " $1 " lines" }'
}
# lib/settings/settings.h is the list of all settings, and as long as that.
headers=$(echo "$sources" | grep '\.h$' | grep -v '^lib/settings/settings\.h$')

# Each program and script of tests/system is one file, which its name tells.
crowded() {
	find lib producers consumers supervisor tests bench tools etc man \
		-name '*.[ch1-8]' -o -name '*.lua' -o -name '*.sh' -o \
		-name '*.py' -o -name '*.md' | sed 's|/[^/]*$||' | sort | uniq -c |
		awk '$1 > 60 && $2 != "tests/system" { print $2 ": " $1 " files" }'
}

# name, file, first line and length of each function of the files $1.
functions() {
	# shellcheck disable=SC2086
	ctags --languages=C --kinds-C=f --fields=+ne -x \
		--_xformat='%N %F %n %e' $1 | awk '{ print $1, $2, $3, $4 - $3 + 1 }'
}

echo 1..9
# A file of tests is a list of cases.
report 'a source has at most 400 lines' \
	"$(longer "$(echo "$sources" | grep -v '^tests/')" 400)"
report 'a file of tests has at most 600 lines' \
	"$(longer "$(echo "$sources" | grep '^tests/') $scripts" 600)"
report 'a header has at most 120 lines' "$(longer "$headers" 120)"
report 'Makefile.am has at most 150 lines' "$(longer Makefile.am 150)"
report 'a folder has at most 60 files' "$(crowded)"

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
	report 'a function has at most 60 lines' "$(functions "$sources" |
		awk '$4 > 60 { print $2 ":" $3 ": " $1 ": " $4 " lines" }')"
	report 'half of the functions of the product have at most 13 lines' \
		"$(functions "$product" | awk '{ print $4 }' | sort -n | awk '
			{ lines[NR] = $1 }
			END {
				half = lines[int((NR + 1) / 2)]
				if (NR < 1000 || half > 13)
					print "the median of " NR " is " half
			}')"
	;;
*)
	leave_out 'a function has at most 60 lines' 'no universal-ctags'
	leave_out 'half of the functions of the product have at most 13 lines' \
		'no universal-ctags'
	;;
esac
