#ifndef OMQ_SETTINGS_NEAREST_H
#define OMQ_SETTINGS_NEAREST_H

#include <stddef.h>

#define SETTINGS_PATH_BYTES 128

/* The key or section of the settings table that is nearest to path, which is
   none: what was most likely meant. buf has SETTINGS_PATH_BYTES; returns buf,
   or NULL when nothing is near enough to help. */
const char *setting_nearest(const char *path, char *buf);

#endif
