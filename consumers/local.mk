# The services: each a handler on the skeleton of lib/consumer.
noinst_LIBRARIES += libconsumers.a
libconsumers_a_SOURCES = \
	%D%/ledger.c %D%/ledger.h \
	%D%/template.c %D%/template.h \
	%D%/notification.c %D%/notification.h \
	%D%/push_log.c %D%/push_log.h
lua_scripts += %D%/audit.lua %D%/ledger.lua

pkglibexec_PROGRAMS += bin/ordermq-points bin/ordermq-push \
	bin/ordermq-audit bin/ordermq-xread
bin_ordermq_points_SOURCES = %D%/points.c
bin_ordermq_points_LDADD = libconsumers.a $(redis_libs)
bin_ordermq_push_SOURCES = %D%/push.c
bin_ordermq_push_LDADD = libconsumers.a $(redis_libs) $(JANSSON_LIBS)
bin_ordermq_audit_SOURCES = %D%/audit.c
bin_ordermq_audit_LDADD = $(redis_libs)
bin_ordermq_xread_SOURCES = %D%/xread.c
bin_ordermq_xread_LDADD = $(redis_libs)
EXTRA_DIST += %D%/README.md
