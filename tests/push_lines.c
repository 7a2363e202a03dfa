/* Read a push log on standard input and print how many lines and how many
   different keys it has. Fails when a line is not a JSON object with a key. */

#include "config.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	json_t *keys = json_object();
	char *line = NULL;
	size_t size = 0;
	size_t count = 0;

	while (getline(&line, &size, stdin) > 0) {
		json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		const char *key =
			json_string_value(json_object_get(json, "key"));

		count++;
		if (key == NULL) {
			fprintf(stderr, "line %zu: %s", count, line);
			return EXIT_FAILURE;
		}
		(void)json_object_set_new(keys, key, json_true());
		json_decref(json);
	}
	printf("%zu %zu\n", count, json_object_size(keys));
	json_decref(keys);
	free(line);
	return EXIT_SUCCESS;
}
