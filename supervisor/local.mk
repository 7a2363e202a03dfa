# ordermqd, its keeper, and what a person types.
noinst_LIBRARIES += libsupervisor.a
libsupervisor_a_SOURCES =
include %D%/common/local.mk
include %D%/ordermqd/local.mk
include %D%/keeper/local.mk
include %D%/ctl/local.mk
include %D%/show/local.mk

sbin_PROGRAMS += bin/ordermqd
bin_ordermqd_SOURCES = %D%/ordermqd/ordermqd.c
# No Redis client: what needs Redis is a child.
bin_ordermqd_LDADD = libsupervisor.a $(conf_libs) $(JANSSON_LIBS)

supervisor_libs = libsupervisor.a $(redis_libs) $(JANSSON_LIBS)
bin_PROGRAMS += bin/ordermqctl
bin_ordermqctl_SOURCES = %D%/ctl/ordermqctl.c
bin_ordermqctl_LDADD = $(supervisor_libs)
pkglibexec_PROGRAMS += bin/ordermq-keeper bin/ordermq-demo bin/ordermq-compare
bin_ordermq_keeper_SOURCES = %D%/keeper/ordermq_keeper.c
bin_ordermq_keeper_LDADD = $(supervisor_libs)
# What "ordermqctl demo" and "ordermqctl compare" run; and a worker of the latter.
bin_ordermq_demo_SOURCES = %D%/show/ordermq_demo.c
bin_ordermq_demo_LDADD = $(supervisor_libs)
bin_ordermq_compare_SOURCES = %D%/show/ordermq_compare.c
bin_ordermq_compare_LDADD = $(supervisor_libs)
EXTRA_DIST += %D%/README.md
