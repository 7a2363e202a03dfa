#!/bin/sh
# Which part of the lines of each source the tests have reached, of each folder
# with what is below it, and of all of them; where a source was compiled more than once, a line counts when it was
# reached in one of them. Run in a build directory of --enable-coverage.
#
# usage: coverage.sh FOLDER...
set -u
for folder in "$@"; do
	[ -n "$(find "$folder" -name '*.gcda' | head -n 1)" ] ||
		{ echo "no .gcda below $folder: run \"make check\" first" >&2; exit 1; }
	find "$folder" -name '*.gcda' -exec gcov -t {} + 2>/dev/null
done | awk -F: -v folders="$*" '
	BEGIN { n = split(folders, list, " "); for (i = 1; i <= n; i++) wanted[list[i]] = 1 }
	{ count = $1; gsub(/[ *]/, "", count); line = $2 + 0 }
	line == 0 && $3 == "Source" {
		file = $4
		sub(/^.*\.\.\//, "", file)
		folder = file
		sub(/\/.*/, "", folder)
		counts = folder in wanted && file ~ /\.c$/
		next
	}
	!counts || line == 0 || count == "-" { next }
	{ seen[file, line] = seen[file, line] || count !~ /^[#=]/; files[file] }
	END {
		for (key in seen) {
			split(key, part, SUBSEP)
			lines[part[1]]++
			reached[part[1]] += seen[key]
		}
		for (file in files) {
			folder = file
			while (sub(/\/[^\/]*$/, "", folder)) {
				lines[folder "/"] += lines[file]
				reached[folder "/"] += reached[file]
			}
			lines["all"] += lines[file]
			reached["all"] += reached[file]
		}
		for (name in lines)
			printf "%6.1f %% of %5d  %s\n",
				100 * reached[name] / lines[name], lines[name], name
	}' | sort -k5
