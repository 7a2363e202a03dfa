# What ordermqd runs in its tests in the place of ordermq-points.
worker_programs = tests/fake/ordermq-points tests/trial/ordermq-trial \
	tests/trial/ordermq-split \
	tests/crashing/ordermq-points tests/crashing/ordermq-push \
	tests/broken/naive/ordermq-points tests/broken/early/ordermq-push \
	tests/broken/fenced/ordermq-points tests/broken/unfenced/ordermq-points
tests_fake_ordermq_points_SOURCES = %D%/fake_worker.c
tests_fake_ordermq_points_LDADD = $(conf_libs)
tests_trial_ordermq_trial_SOURCES = %D%/trial_worker.c
tests_trial_ordermq_trial_LDADD = $(redis_libs)
tests_trial_ordermq_split_SOURCES = %D%/split_worker.c
tests_trial_ordermq_split_LDADD = $(redis_libs)
lua_scripts += %D%/split.lua
# The real consumers with the crash points of lib/consumer/crash_point.h: the files that
# have some are compiled once more, and so stand before those of the library.
crashing = lib/consumer/exchange_settle.c lib/consumer/consumer_answer.c lib/consumer/consumer_link.c \
	tests/fixtures/crash_point.c
tests_crashing_ordermq_points_SOURCES = consumers/points.c $(crashing)
tests_crashing_ordermq_points_CPPFLAGS = $(AM_CPPFLAGS) -DORDERMQ_CRASH_POINTS
tests_crashing_ordermq_points_LDADD = $(bin_ordermq_points_LDADD)
tests_crashing_ordermq_push_SOURCES = consumers/push.c $(crashing)
tests_crashing_ordermq_push_CPPFLAGS = $(AM_CPPFLAGS) -DORDERMQ_CRASH_POINTS
tests_crashing_ordermq_push_LDADD = $(bin_ordermq_push_LDADD)
# Services that are wrong, each in one way: tests/system/broken.sh.
tests_broken_naive_ordermq_points_SOURCES = %D%/broken_naive_points.c $(crashing)
tests_broken_naive_ordermq_points_CPPFLAGS = $(AM_CPPFLAGS) -DORDERMQ_CRASH_POINTS
tests_broken_naive_ordermq_points_LDADD = $(bin_ordermq_points_LDADD)
tests_broken_fenced_ordermq_points_SOURCES = %D%/broken_sum_points.c $(crashing)
tests_broken_fenced_ordermq_points_CPPFLAGS = $(AM_CPPFLAGS) -DORDERMQ_CRASH_POINTS
tests_broken_fenced_ordermq_points_LDADD = $(bin_ordermq_points_LDADD)
tests_broken_unfenced_ordermq_points_SOURCES = %D%/broken_sum_points.c $(crashing)
tests_broken_unfenced_ordermq_points_CPPFLAGS = $(AM_CPPFLAGS) -DORDERMQ_CRASH_POINTS \
	-DORDERMQ_BROKEN_UNFENCED
tests_broken_unfenced_ordermq_points_LDADD = $(bin_ordermq_points_LDADD)
tests_broken_early_ordermq_push_SOURCES = %D%/broken_early_push.c $(crashing)
tests_broken_early_ordermq_push_CPPFLAGS = $(AM_CPPFLAGS) -DORDERMQ_CRASH_POINTS
tests_broken_early_ordermq_push_LDADD = $(bin_ordermq_push_LDADD)
# Where these run, the keeper runs, too.
test_keepers = tests/trial/ordermq-keeper tests/crashing/ordermq-keeper \
	tests/broken/naive/ordermq-keeper tests/broken/early/ordermq-keeper \
	tests/broken/fenced/ordermq-keeper tests/broken/unfenced/ordermq-keeper
$(test_keepers): bin/ordermq-keeper$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	  ln -sf "$(abs_top_builddir)/bin/ordermq-keeper$(EXEEXT)" $@
tests/fake/ordermq-keeper: tests/fake/ordermq-points$(EXEEXT)
	$(AM_V_GEN)ln -sf ordermq-points$(EXEEXT) $@
EXTRA_PROGRAMS += $(worker_programs)
check_DATA += $(worker_programs) $(test_keepers) tests/fake/ordermq-keeper
