#!/bin/sh
# What bash completes behind ordermqctl: asked of the program, of the function
# that bash calls, and of a bash with a terminal on which Tab is typed. Prints
# TAP.
set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
. "$srcdir/tests/fixtures/system_lib.sh"
need bash

export PATH="$top/bin:$PATH"
mkdir "$dir/files"
: >"$dir/files/some.file"
cat >"$dir/o.conf" <<END
supervisor = { control = "$dir/none.sock"; };
redis = { url = "unix://$dir/none-either.sock"; };
groups = (
  { name = "points"; program = "points"; instances = 2; },
  { name = "push"; program = "push"; instances = 1; push = { file = "$dir/p"; }; },
  { name = "audit"; program = "audit"; }
);
END

# What the words can become, in one line; what is said beside it is kept.
offered() {
	ordermqctl complete -- -c "$dir/o.conf" "$@" 2>>"$dir/said" | tr '\n' ' '
}
offers() { # offers WORDS... = ALL THAT IS OFFERED
	words='' found=''
	while [ "$1" != = ]; do
		words="$words '$1'"
		shift
	done
	shift
	expected=$*
	eval "found=\$(offered $words)"
	[ "${found% }" = "$expected" ] || {
		echo "# $words: $found"
		return 1
	}
}
verbs() { # verbs [VERB]: those that --help lists
	# shellcheck disable=SC2086 # none, or one
	ordermqctl ${1-} --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'
}
offers_all_verbs() {
	[ "$(verbs | wc -l)" -gt 20 ] &&
		[ "$(offered '' | tr ' ' '\n' | sed '/^$/d')" = "$(verbs)" ]
}
offers_verbs_of_dead() {
	[ "$(verbs dead | wc -l)" = 5 ] &&
		[ "$(offered dead '' | tr ' ' '\n' | sed '/^$/d')" = "$(verbs dead)" ]
}

# The options that the usage of a verb names are those that it takes.
shared=' --config --socket --json --build-dir --help --version '
options_agree() {
	for verb in $(verbs | grep -vx 'dead\|complete') \
		$(verbs dead | sed 's/^/dead:/'); do
		words=$(echo "$verb" | tr : ' ')
		# shellcheck disable=SC2086 # a verb may be two words
		taken=$(offered $words -- | tr ' ' '\n' | sort -u)
		[ "$verb" = wait ] || [ -n "$taken" ] || return 1
		# shellcheck disable=SC2086
		named=$(ordermqctl $words --help | sed -n 1p |
			grep -oE -- '--[a-z-]+' | sort -u)
		for option in $named; do
			echo "$taken" | grep -qx -- "$option" && continue
			echo "# $words: $option is named and not taken"
			return 1
		done
		for option in $taken; do
			case $shared in *" $option "*) continue ;; esac
			echo "$named" | grep -qx -- "$option" && continue
			case "$verb $option" in 'events --follow' | 'entries --follow') continue ;; esac
			echo "# $words: $option is taken and not named"
			return 1
		done
	done
}
# Whatever acts would say that nobody is there.
says_nothing() {
	for verb in $(verbs); do
		offered "$verb" '' >/dev/null
		offered "$verb" points '' >/dev/null
	done
	[ ! -s "$dir/said" ] || {
		sed 's/^/# /' "$dir/said"
		return 1
	}
}

check 'every verb is offered' offers_all_verbs
check 'and each verb of dead' offers_verbs_of_dead
check 'a verb that was begun' offers re = reload restart reset-failed resume replay
check 'no verb begins like that' offers x = ''
check 'an option that was begun' offers restart --r = --rolling
check 'an option behind a group' offers pending push --i = --idle
check 'groups' offers pending '' = points push audit
check 'a group that was begun' offers pending pu = push
check 'one group is enough' offers pending push '' = ''
check 'groups where several may stand' offers verify points '' = points push audit
check 'groups behind an option with a value' \
	offers pause --reason tired '' = points push audit
check 'groups and ALL' offers dead list '' = points push audit ALL
check 'instances' offers hold points- = points-1 points-2
check 'the keeper' offers restart k = keeper
check 'groups to scale' offers scale p = points= push=
check 'levels' offers log-level e = emerg err
check 'a level, then a group or an instance' offers log-level info pu = push push-1
check 'words that are themselves' offers wait '' = ready idle
check 'nothing in the place of a value' offers pending --idle '' = ''
check 'nothing for what is no verb' offers nonsense '' = ''
check 'the options of all' offers --so = --socket
check 'options as they are named' options_agree
check 'nothing is done or said meanwhile' says_nothing

# The function, in the way in which bash calls it.
cat >"$dir/ask.bash" <<END
. "$srcdir/etc/bash-completion/ordermqctl"
compopt() { echo "compopt \$*"; }
COMP_WORDS=("\$@")
COMP_CWORD=\$((\$# - 1))
_ordermqctl "\$1"
echo "\${COMPREPLY[*]}"
END
asks() { # asks EXPECTED WORDS...
	expected=$1
	shift
	[ "$(bash "$dir/ask.bash" ordermqctl -c "$dir/o.conf" "$@" | tr '\n' ' ')" = \
		"$expected " ]
}
check 'bash is told verbs' asks 'pending points pause' p
check 'bash is told groups' asks 'points push audit' status ''
check 'bash puts no blank behind a "="' asks 'compopt -o nospace points=' scale po

# Tab, typed on a terminal.
typed() { # typed KEYS...: what bash makes of each line, as its arguments
	{
		printf '%s\n' "cd '$dir/files'" \
			". '$srcdir/etc/bash-completion/ordermqctl'" \
			"alias ordermqctl='set -- '; PS1=" \
			'shopt -s expand_aliases'
		for keys in "$@"; do
			# shellcheck disable=SC2059 # keys are a format
			printf "ordermqctl $keys\n"
			printf '%s\n' "echo \"\$*\" >>'$dir/typed'"
		done
		echo exit
	} >"$dir/keys"
	: >"$dir/typed"
	TERM=dumb timeout 20 script -qec 'bash --norc --noprofile -i' /dev/null \
		<"$dir/keys" >"$dir/screen" 2>&1
}
tab_works() {
	typed "-c $dir/o.conf trap" "-c $dir/o.conf tri\\t" \
		"-c $dir/o.conf pending aud\\t" "-c $dir/o.conf restart --rol\\t" \
		"-c so\\t"
	cat >"$dir/wanted" <<-END
		-c $dir/o.conf trap
		-c $dir/o.conf trim
		-c $dir/o.conf pending audit
		-c $dir/o.conf restart --rolling
		-c some.file
	END
	diff "$dir/wanted" "$dir/typed" >"$dir/diff" || {
		sed 's/^/# /' "$dir/diff"
		return 1
	}
}
if command -v script >/dev/null; then
	check 'Tab completes on a terminal' tab_works
else
	leave_out 'Tab completes on a terminal' 'no script(1)'
fi
finish
