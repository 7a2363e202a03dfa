#!/bin/sh
# Writes compile_commands.json into the current directory, for clang-tidy and
# editors: each C file of the tree with the command that compiles it.
#
# usage: compile_commands.sh SOURCE-DIRECTORY COMPILER ARGUMENT...
set -u
top=$1
shift

quoted() { # quoted TEXT: as JSON
	printf '"%s"' "$(printf %s "$1" | sed 's/\\/\\\\/g; s/"/\\"/g')"
}

arguments=
for word in "$@"; do
	arguments="$arguments$(quoted "$word"), "
done
here=$(quoted "$PWD")
{
	echo '['
	(cd "$top" && find lib producers consumers supervisor tests bench \
		-name '*.c' | sort) | while read -r file; do
		file=$(quoted "$top/$file")
		printf '{ "directory": %s, "file": %s, "arguments": [%s"-c", %s] },\n' \
			"$here" "$file" "$arguments" "$file"
	done | sed '$s/,$//'
	echo ']'
} >compile_commands.json.tmp && mv compile_commands.json.tmp compile_commands.json
