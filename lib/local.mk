# The library, lowest layer first: a room includes only those before it, and a
# module only those before it in its room's list (tests/check/layers.sh).
noinst_LIBRARIES += libordermq.a
libordermq_a_SOURCES =
include %D%/base/local.mk
include %D%/settings/local.mk
include %D%/redis/local.mk
include %D%/process/local.mk
include %D%/stream/local.mk
include %D%/scripts/local.mk
include %D%/consumer/local.mk

# What each part of it is needed with.
conf_libs  = libordermq.a $(LIBCONFIG_LIBS)
redis_libs = $(conf_libs) $(HIREDIS_LIBS)
EXTRA_DIST += %D%/README.md
