#!/bin/sh
# Which messages tools/hooks/commit-msg takes, in a repository of its own.
# Prints TAP.
#
# usage: hooks.sh [SOURCE-DIRECTORY]
set -u
top=$(cd "${1:-${srcdir:-.}}" && pwd) || exit 99
# shellcheck source=tests/fixtures/shell_lib.sh
. "$top/tests/fixtures/shell_lib.sh"
need git
own_directory
# Under a hook, or "git rebase --exec", git would still be at the caller's index.
# shellcheck disable=SC2046 # names
unset $(git rev-parse --local-env-vars)
git init -q "$dir" && cd "$dir" && mkdir lib tests || exit 99

stage() { # stage FILE...: and nothing else
	git rm -q -r --cached --ignore-unmatch . && touch "$@" && git add "$@"
}

# says WANTED NAME MESSAGE: "taken", or a part of why it is refused.
says() {
	printf '%b\n' "$3" >message
	if said=$(sh "$top/tools/hooks/commit-msg" message 2>&1); then
		said=taken
	fi
	case $said in
	*"$1"*) report "$2" '' ;;
	*) report "$2" "$said" ;;
	esac
}

fits=$(printf '%057d' 1)
echo 1..12
stage lib/x.c tests/x.c
says taken 'an area, a subject, a body' 'lib: do it\n\nIt was not done.'
says taken '65 characters are enough' "lib: xy $fits\n\nbody"
says 'more than 65' 'and no more' "lib: xyz $fits\n\nbody"
says 'no "area' 'there is an area' 'do it\n\nbody'
says 'lower case' 'a sentence is no subject' 'lib: Do it\n\nbody'
says 'full stop' 'nor with a full stop' 'lib: do it.\n\nbody'
says 'second line' 'the body is apart' 'lib: do it\nbody'
says 'no body' 'the product changes with a reason' 'lib: do it'
says 'no body' 'a comment of git is none' 'lib: do it\n\n# On branch main'
says taken 'a fixup needs nothing' 'fixup! lib: do it'
stage tests/x.c
says taken 'tests alone may do without' 'tests: do it'
stage lib/x.c
says 'no body' 'nothing else may' 'tests: do it'
