# The benchmark: a bare loop of the same commands, a handler that does nothing,
# and the consumers as they are with a clock beside them. See bench/README.md.
bench_programs = %D%/bare %D%/noop/ordermq-noop \
	%D%/timed/ordermq-points %D%/timed/ordermq-push %D%/seckill
bench_bare_SOURCES = \
	%D%/sample.c       %D%/sample.h \
	%D%/latency.c      %D%/latency.h \
	%D%/wire.c         %D%/wire.h \
	%D%/bare_work.c    %D%/bare.h \
	%D%/bare_publish.c \
	%D%/bare_sale.c \
	%D%/bare.c
bench_bare_LDADD = libconsumers.a libordermq.a
bench_noop_ordermq_noop_SOURCES = %D%/noop.c
bench_noop_ordermq_noop_LDADD = $(redis_libs)
bench_timed = %D%/timed.c %D%/latency.c %D%/latency.h
bench_timed_ldflags = $(AM_LDFLAGS) -Wl,--wrap=in_flight_settle
bench_timed_ordermq_points_SOURCES = consumers/points.c $(bench_timed)
bench_timed_ordermq_points_LDFLAGS = $(bench_timed_ldflags)
bench_timed_ordermq_points_LDADD = $(bin_ordermq_points_LDADD)
bench_timed_ordermq_push_SOURCES = consumers/push.c $(bench_timed)
bench_timed_ordermq_push_LDFLAGS = $(bench_timed_ldflags)
bench_timed_ordermq_push_LDADD = $(bin_ordermq_push_LDADD)
bench_seckill_SOURCES = \
	%D%/seckill_race.c %D%/seckill_race.h \
	%D%/seckill_sums.c %D%/seckill_sums.h \
	%D%/seckill.c
bench_seckill_LDADD = $(producer_libs)
EXTRA_DIST += %D%/README.md %D%/results.svg %D%/bench.py %D%/rig.py \
	%D%/runs.py %D%/contenders.py %D%/checks.py %D%/recovery.py %D%/report.py
EXTRA_PROGRAMS += $(bench_programs)
# For tests/system/bench.sh, seckill_race.sh and race.c.
check_DATA += $(bench_programs)
BENCH_OPTIONS =
.PHONY: bench bench-full bench-programs
bench-programs: all $(bench_programs)
	@command -v python3 >/dev/null || \
	  { echo 'the benchmark needs python3' >&2; exit 1; }
bench: bench-programs
	@python3 $(srcdir)/%D%/bench.py --build . $(BENCH_OPTIONS)
bench-full: bench-programs
	@python3 $(srcdir)/%D%/bench.py --build . --full $(BENCH_OPTIONS)
