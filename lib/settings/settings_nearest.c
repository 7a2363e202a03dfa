/* The known key nearest to an unknown one. conf_tree.c puts it into the
   complaint. */

#include "config.h"

#include "lib/settings/settings_nearest.h"

#include "lib/settings/settings_table.h"

#include <string.h>

/* The number of bytes to insert, remove or replace to get from a to b
   (Levenshtein, one row at a time). Both are shorter than
   SETTINGS_PATH_BYTES. */
static size_t edit_distance(const char *a, const char *b, size_t b_length)
{
	size_t row[SETTINGS_PATH_BYTES];

	for (size_t j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= b_length; j++) {
			size_t best = corner + (a[i] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_length];
}

const char *setting_nearest(const char *path, char *buf)
{
	/* Beyond a quarter of its bytes a suggestion is a guess. */
	size_t least = strlen(path) / 4 + 2;
	const char *found = NULL;
	size_t found_length = 0;

	if (strlen(path) >= SETTINGS_PATH_BYTES)
		return NULL;
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		for (size_t end = 1; end <= strlen(s->path); end++) {
			size_t distance;

			if (s->path[end] != '\0' && s->path[end] != '.')
				continue;
			distance = edit_distance(path, s->path, end);
			if (distance >= least)
				continue;
			least = distance;
			found = s->path;
			found_length = end;
		}
	}
	if (found == NULL)
		return NULL;
	memcpy(buf, found, found_length);
	buf[found_length] = '\0';
	return buf;
}
