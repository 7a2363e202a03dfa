libproducers_a_SOURCES += \
	%D%/window.c %D%/window.h \
	%D%/once.c %D%/once.h \
	%D%/lag.c %D%/lag.h \
	%D%/publish_settings.h \
	%D%/publish_state.h \
	%D%/publish_reply.c \
	%D%/publish.c %D%/publish.h \
	%D%/outbox_record.c %D%/outbox_record.h \
	%D%/outbox_dir.c %D%/outbox_dir.h \
	%D%/outbox.c %D%/outbox.h
lua_scripts += %D%/once.lua

# libordermq-publish, for other programs: the way from ordermq-order to Redis,
# built once more as code that may lie anywhere. What is not promised by the
# header is not to be seen, neither in the shared library nor in the static one.
include_HEADERS = %D%/ordermq-publish.h
noinst_LIBRARIES += libordermq-embed.a
libordermq_embed_a_SOURCES = \
	lib/base/err.c lib/base/num.c lib/base/text.c lib/base/crc32c.c \
	lib/base/arena.c lib/base/clock.c lib/base/backoff.c lib/base/log.c \
	lib/settings/url.c lib/settings/settings.c \
	lib/settings/settings_check.c lib/settings/settings_table.c \
	lib/settings/settings_value.c \
	lib/redis/reply.c lib/redis/resp.c lib/redis/pipeline.c \
	lib/redis/redis_error.c lib/redis/dial.c lib/redis/redis.c \
	lib/redis/command.c \
	lib/stream/order.c lib/stream/keys.c \
	%D%/window.c %D%/once.c %D%/lag.c %D%/publish_reply.c %D%/publish.c \
	%D%/outbox_record.c %D%/outbox_dir.c %D%/outbox.c \
	%D%/embed_options.c %D%/embed_options.h %D%/embed.c
libordermq_embed_a_CFLAGS = $(AM_CFLAGS) -fPIC
publish_so  = libordermq-publish.so.1
publish_map = %D%/ordermq-publish.map
publishlibdir = $(libdir)
nodist_publishlib_DATA = $(publish_so) libordermq-publish.a
pkgconfigdir = $(libdir)/pkgconfig
nodist_pkgconfig_DATA = %D%/ordermq-publish.pc
EXTRA_DIST += $(publish_map) %D%/ordermq-publish.pc.in
whole_embed = -Wl,--whole-archive libordermq-embed.a -Wl,--no-whole-archive
$(publish_so): libordermq-embed.a $(publish_map)
	$(AM_V_CCLD)$(CC) $(CFLAGS) $(SAN_FLAGS) $(COV_FLAGS) $(LDFLAGS) -shared \
	  -Wl,-soname,$@ -Wl,--version-script=$(srcdir)/$(publish_map) \
	  -Wl,-z,relro -Wl,-z,now $(whole_embed) $(HIREDIS_LIBS) -o $@
libordermq-publish.a: libordermq-embed.a
	$(AM_V_AR)rm -f $@ && $(CC) -r -nostdlib $(whole_embed) \
	  -o libordermq-publish.o && \
	  $(OBJCOPY) --wildcard --keep-global-symbol='ordermq_publish*' \
	    libordermq-publish.o && \
	  $(AR) $(ARFLAGS) $@ libordermq-publish.o && rm -f libordermq-publish.o
%D%/ordermq-publish.pc: %D%/ordermq-publish.pc.in Makefile
	$(substitute) $(srcdir)/$@.in >$@.tmp && mv $@.tmp $@
CLEANFILES += $(publish_so) libordermq-publish.a %D%/ordermq-publish.pc
install-data-hook:
	cd "$(DESTDIR)$(libdir)" && \
	  $(LN_S) -f $(publish_so) libordermq-publish.so
uninstall-hook:
	rm -f "$(DESTDIR)$(libdir)/libordermq-publish.so"
EXTRA_DIST += %D%/README.md
