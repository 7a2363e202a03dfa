#!/bin/bash
# What the pages for developers name is there: each file and folder in
# backquotes, each function, each target of make. The commands themselves are
# run by tests/long/pages.sh. Prints TAP.
#
# usage: pages.sh [SOURCE-DIRECTORY]
set -u
cd "${1:-${srcdir:-.}}" || exit 99
pages=$(find . -name README.md -o -name HACKING.md | grep -v '/build' | sort)
# shellcheck source=tests/fixtures/shell_lib.sh
. tests/fixtures/shell_lib.sh

# Everything in backquotes of page $1, a line each.
# shellcheck disable=SC2016 # backquotes are what is looked for
quoted() { sed '/^```/,/^```/d; /^    /d' "$1" | grep -o '`[^`]*`' | tr -d '`'; }

# A path is one from the top, or from the page's own folder; NAME stands for a
# name that one chooses.
missing_files() {
	for page in $pages; do
		quoted "$page" | grep -E '^[.]?[A-Za-z_][A-Za-z0-9_./{},*-]*$' |
			grep -E '/|\.(c|h|lua|mk|sh|md|py)$' | grep -v 'NAME\|KIND\|^build\|^bench-results\|^\.lua\|^/\|…\|^ordermq/' |
			sort -u | while read -r path; do
			missing=''
			for name in $(eval echo "$path"); do
				for place in "" "${page%/*}/" "${page%/*}/../"; do
					for end in "" .c .h .sh; do
						[ -e "$place$name$end" ] && continue 3
					done
				done
				missing=$name
			done
			[ -n "$missing" ] || continue
			# The bare name of a source that stands somewhere.
			case $path in
			*/*) ;;
			*) [ -n "$(find lib producers consumers supervisor tests bench etc man -name "$path" | head -n 1)" ] && continue ;;
			esac
			echo "$page: no $missing"
		done
	done
}

missing_functions() {
	for page in $pages; do
		quoted "$page" | grep -E '^[a-z_0-9]+\(\)$' | tr -d '()' | sort -u |
			while read -r name; do
			grep -rqE --include='*.[ch]' --include='*.lua' \
				"\b$name\(" lib producers consumers supervisor tests bench ||
				[ "$name" = wait4 ] ||
				echo "$page: no $name()"
		done
	done
}

missing_targets() {
	for page in $pages; do
		grep -ohE '\bmake (-C build )?(-j[0-9]* )?[a-z-]+' "$page" | sed 's/.* //' |
			grep -vE '^(install|uninstall|check|all|distcheck|sure|it|a|the)$' | sort -u |
			while read -r target; do
			grep -qhE "^$target:|^\.PHONY:.*\b$target\b" Makefile.am ./*/local.mk ./*/*/local.mk ||
				echo "$page: no make $target"
		done
	done
}

echo 1..4
report 'each file that a page names is there' "$(missing_files)"
report 'each function is there' "$(missing_functions)"
report 'each target of make is there' "$(missing_targets)"
report 'there is something to look for' \
	"$([ "$(quoted ./HACKING.md | wc -l)" -gt 50 ] || echo none)"
