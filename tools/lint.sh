#!/bin/bash
# Looks for faults without running anything: shellcheck, luacheck, cppcheck and
# clang-tidy, each with its configuration at the top of the tree. What is not
# installed is left out, and said. Fails when anything is found.
#
# usage: lint.sh [-b BUILD-DIRECTORY] [FILE...]; without files the whole tree
#
# cppcheck and clang-tidy find other things in each version, so that only those
# of Debian 12 are run: 2.10 and 14. clang-tidy needs compile_commands.json of
# the build directory: see the target compile_commands.
set -u
cd "$(dirname "$0")/.." || exit 70
build=build
[ "${1-}" != -b ] || { build=$2; shift 2; }
status=0

files() { # files PATTERN...: the files of the tree, or those of them named
	if [ -e .git ]; then
		git ls-files -- "$@"
	else
		find . -path ./build -prune -o -type f -print | sed 's|^\./||' |
			grep -E "$(printf '%s\n' "$@" | sed '
				s/\./\\./g; s/\*/.*/g; s/^/^(.*\/)?/; s/$/$/')"
	fi | { if [ -n "$chosen" ]; then grep -Fx "$chosen"; else cat; fi; }
}
chosen=$(printf '%s\n' "$@")

# run NAME COMMAND...: with the files of the standard input, if there are any.
run() {
	local name=$1 started=$SECONDS
	shift
	if xargs -r "$@"; then
		echo "$name: nothing found ($((SECONDS - started)) s)"
	else
		status=1
		echo "$name: see above"
	fi
}

without() { echo "$1: left out: $2"; }

# All of them when one has changed: it may be what another one sources.
scripts() {
	[ -z "$(files "$@")" ] || chosen='' files "$@"
}

check_shell() {
	command -v shellcheck >/dev/null ||
		{ without shellcheck 'not installed'; return; }
	run shellcheck shellcheck < <(scripts '*.sh' bootstrap .ci/run \
		tools/hooks/commit-msg tools/hooks/pre-commit)
}

# The scripts as the C files join them out of the pieces, so that luacheck knows
# which names there are. Prints where they were put.
joined_scripts() {
	# A piece that has changed may stand in a C file that has not.
	[ -z "$(files '*.lua')" ] || local chosen=''
	# shellcheck disable=SC2016 # for awk
	files '*.c' | xargs -r awk -v dir="$1" '
		{ at = FNR == 1 ? 0 : at }
		match($0, /^#include "[^"]*\.inc"$/) {
			piece = substr($0, 11, length($0) - 15) ".lua"
			if (!at || FNR != at + 1) {
				name = FILENAME ":" FNR
				gsub(/\//, ".", name)
				name = dir "/" name ".lua"
			}
			at = FNR
			found = 0
			while ((getline line <piece) > 0) {
				print line >name
				found = 1
			}
			close(piece)
			if (found && !(name in told)) { told[name]; print name }
		}'
}

# In a piece a function may be there for others; in a joined script every name
# must be there.
check_lua() {
	local joined found
	command -v luacheck >/dev/null ||
		{ without luacheck 'not installed'; return; }
	joined=$(mktemp -d) || exit 70
	found=$(
		files '*.lua' | xargs -r luacheck --ignore 1 -q --codes \
			--no-color --formatter plain 2>&1 |
			grep -v 'unused function'
		joined_scripts "$joined" | xargs -r luacheck --only 1 -q \
			--codes --no-color --formatter plain 2>&1 |
			sed "s|^$joined/|joined at |"
	)
	rm -rf "$joined"
	[ -z "$found" ] || { printf '%s\n' "$found"; status=1; }
	[ -n "$found" ] || echo 'luacheck: nothing found'
}

check_cppcheck() {
	case $(cppcheck --version 2>/dev/null) in
	*' 2.10'*) ;;
	*) without cppcheck 'not version 2.10'; return ;;
	esac
	run cppcheck cppcheck -q -j"$(nproc)" --std=c11 --inline-suppr \
		--enable=warning,performance,portability --error-exitcode=1 \
		--library=tools/cppcheck.cfg \
		--suppressions-list=.cppcheck-suppressions \
		--template='{file}:{line}: {severity}: {message} [{id}]' \
		-DHAVE_CONFIG_H -I. -I"$build" < <(files '*.c')
}

check_tidy() {
	local tidy
	tidy=$(command -v clang-tidy-14 || command -v clang-tidy)
	case $("${tidy:-false}" --version 2>/dev/null) in
	*'version 14.'*) ;;
	*) without clang-tidy 'not version 14'; return ;;
	esac
	[ -e "$build/compile_commands.json" ] ||
		{ without clang-tidy "no $build/compile_commands.json"; return; }
	run clang-tidy -P"$(nproc)" -n8 "$tidy" -quiet -p "$build" \
		< <(files '*.c' | grep -v '^tests/fuzz/\|^etc/') 2> >(grep -v \
		'warnings\? .*generated\|warnings\? treated as\|^Suppressed\|^Use -header' >&2)
}

check_shell
check_lua
check_cppcheck
check_tidy
exit $status
