#!/bin/sh
# libordermq-publish as it is installed: the example of the documentation is
# compiled against it, shared and static, and publishes to a private redis-server.
# Prints TAP.
set -u
. "${srcdir:-.}/tests/fixtures/system_lib.sh"
need pkg-config nm
source=$(cd "${srcdir:-.}" && pwd)
root=$dir/root

installs() {
	# Not this make's jobs: another one.
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "${MAKE:-make}" install \
		DESTDIR="$root" >"$dir/install.log" 2>&1 ||
		{ tail "$dir/install.log" | sed 's/^/# /'; return 1; }
	pc=$(find "$root" -name ordermq-publish.pc)
	libs=$(dirname "$(dirname "$pc")")
	[ -n "$pc" ]
}

config() {
	PKG_CONFIG_PATH=$(dirname "$pc") PKG_CONFIG_SYSROOT_DIR=$root \
		pkg-config "$@" ordermq-publish
}

compile() { # compile OUTPUT ARGUMENT...: with the compiler that made the library
	output=$1
	shift
	# shellcheck disable=SC2046,SC2086 # lists of words
	${CC:-cc} -Wall -Wextra ${SAN_FLAGS-} ${COV_FLAGS-} \
		"$root$docs/publish.c" $(config --cflags) "$@" -o "$output" 2>&1
}

publishes() { # publishes PROGRAM ORDERNO
	first=$("$1" "unix://$dir/redis.sock" "$2" u7 6999) &&
		second=$("$1" "unix://$dir/redis.sock" "$2" u7 6999) &&
		[ "${first% new}" = "${second% known}" ] && [ "$first" != "$second" ] &&
		[ "$(cli XRANGE ordermq "${first% new}" "${first% new}" |
			tail -n +2 | paste -sd' ')" = "orderno $2 userid u7 amount 6999" ]
}

shared() {
	docs=$(find "$root" -name publish.c) && docs=${docs#"$root"} &&
		docs=${docs%/publish.c} || return
	# shellcheck disable=SC2046
	compile "$dir/shared" $(config --libs) &&
		LD_LIBRARY_PATH=$libs publishes "$dir/shared" A-1
}

linked() {
	# shellcheck disable=SC2046
	compile "$dir/static" "$libs/libordermq-publish.a" \
		$(pkg-config --libs hiredis) && publishes "$dir/static" A-2
}

refuses() {
	! "$dir/static" redis://127.0.0.1:1 A-3 u7 1 2>"$dir/err" &&
		grep -q 'Connection refused' "$dir/err"
}

# What is exported has the version, and is what the header declares.
names() {
	nm -D --defined-only "$libs/libordermq-publish.so.1" |
		sed -n 's/.* T \(ordermq_[a-z_]*\)@@ORDERMQ_PUBLISH_1$/\1/p' |
		sort >"$dir/exported"
	grep -o 'ordermq_publish[a-z_]*(' "$source/producers/publish/ordermq-publish.h" |
		tr -d '(' | sort -u | grep -v '^ordermq_publisher' >"$dir/declared"
	nm --defined-only --extern-only "$libs/libordermq-publish.a" |
		sed -n 's/.* [A-Z] //p' | sort >"$dir/archived"
	diff "$dir/exported" "$dir/declared" &&
		{ [ -n "${SAN_FLAGS-}${COV_FLAGS-}" ] ||
			diff "$dir/archived" "$dir/declared"; } &&
		[ "$(nm -D --defined-only "$libs/libordermq-publish.so.1" |
			grep -c ' [TDBR] ')" = "$(wc -l <"$dir/declared")" ]
}

plain_c() {
	# shellcheck disable=SC2046
	echo '#include <ordermq-publish.h>' |
		${CC:-cc} -std=c99 -pedantic-errors -Wall -Wextra -Werror \
			-fsyntax-only -x c $(config --cflags) - 2>&1
}

plain_cpp() {
	# shellcheck disable=SC2046
	echo '#include <ordermq-publish.h>' |
		c++ -std=c++98 -pedantic-errors -Wall -Wextra -Werror \
			-fsyntax-only -x c++ $(config --cflags) - 2>&1
}

start_redis
echo 1..7
check 'make install puts it there' installs
check 'the example works with the shared library' shared
check 'and with the static one' linked
check 'it tells when Redis is away' refuses
check 'only what the header declares is to be seen' names
check 'the header is plain C' plain_c
if command -v c++ >/dev/null; then
	check 'and C++' plain_cpp
else
	echo 'ok 7 - and C++ # SKIP no C++ compiler'
fi
