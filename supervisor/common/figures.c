/* The board file through which the keeper hands ordermqd what it found in
   Redis. keeper/keep_round.c fills the figures in; ordermqd/fleet.c reads
   them. */

#include "config.h"

#include "supervisor/common/figures.h"

#include "lib/process/board.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* A read can meet the keeper's write: at most this many tries. */
#define LOOKS_MAX 3

/* FNV-1a. */
static uint64_t check_of(const struct figures *figures)
{
	const unsigned char *at = (const unsigned char *)figures;
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = offsetof(struct figures, msecs); i < sizeof(*figures);
	     i++)
		hash = (hash ^ at[i]) * UINT64_C(1099511628211);
	return hash;
}

void figures_write(int fd, struct figures *figures)
{
	figures->check = check_of(figures);
	/* A write that fails leaves the old figures, which soon count as
	   stale. */
	if (pwrite(fd, figures, sizeof(*figures), sizeof(struct board)) < 0)
		return;
}

static bool is_name(const char *name)
{
	return memchr(name, '\0', SETTINGS_NAME_BYTES) != NULL;
}

static bool is_whole(const struct figures *figures)
{
	if (figures->check != check_of(figures) || figures->count < 0 ||
	    figures->count > SETTINGS_GROUPS_MAX || figures->other_count < 0 ||
	    figures->other_count > FIGURES_OTHERS_MAX)
		return false;
	for (int64_t i = 0; i < figures->count; i++) {
		if (!is_name(figures->groups[i].name))
			return false;
	}
	for (int64_t i = 0; i < figures->other_count; i++) {
		if (!is_name(figures->others[i].name))
			return false;
	}
	return true;
}

int figures_read(int fd, int64_t now_msecs, struct figures *figures_r)
{
	struct figures figures;

	for (int i = 0; i < LOOKS_MAX; i++) {
		if (pread(fd, &figures, sizeof(figures),
			  sizeof(struct board)) != (ssize_t)sizeof(figures))
			return -1;
		if (!is_whole(&figures))
			continue;
		if (figures.msecs < 0 || figures.msecs > now_msecs ||
		    now_msecs - figures.msecs > FIGURES_STALE_MSECS)
			return -1;
		*figures_r = figures;
		return 0;
	}
	return -1;
}

const struct figures_group *figures_of(const struct figures *figures,
				       const char *name)
{
	for (int64_t i = 0; i < figures->count; i++) {
		if (strcmp(figures->groups[i].name, name) == 0)
			return &figures->groups[i];
	}
	return NULL;
}
