# The programs as they are, with a redis-server of their own.
dist_check_SCRIPTS += \
	%D%/real_orders.sh \
	%D%/scaling.sh \
	%D%/policy_real.sh \
	%D%/autoscale.sh \
	%D%/up_and_down.sh \
	%D%/drain.sh \
	%D%/killers.sh \
	%D%/memory_limit.sh \
	%D%/healthy.sh \
	%D%/outage.sh \
	%D%/restarts.sh \
	%D%/retention.sh \
	%D%/crash_points.sh \
	%D%/broken.sh \
	%D%/interrupted.sh \
	%D%/outbox_killed.sh \
	%D%/seckill_race.sh \
	%D%/demo.sh \
	%D%/compare.sh \
	%D%/library.sh \
	%D%/senders.sh \
	%D%/completion.sh \
	%D%/bench.sh
if HAVE_CMOCKA
check_PROGRAMS += \
	%D%/points \
	%D%/linger \
	%D%/retry \
	%D%/blocking \
	%D%/neighbours \
	%D%/takeover \
	%D%/replay \
	%D%/dead \
	%D%/push \
	%D%/faults \
	%D%/states \
	%D%/wrong_way \
	%D%/clock \
	%D%/totals \
	%D%/xread \
	%D%/verify \
	%D%/verify_push \
	%D%/losses \
	%D%/doctor \
	%D%/examples \
	%D%/storm \
	%D%/instance \
	%D%/keeper \
	%D%/findings \
	%D%/findings_redis \
	%D%/trim \
	%D%/top \
	%D%/pause \
	%D%/pending \
	%D%/dead_verbs \
	%D%/dead_large \
	%D%/entries \
	%D%/account \
	%D%/order_trail \
	%D%/replay_range \
	%D%/rights \
	%D%/order \
	%D%/order_trouble \
	%D%/lag \
	%D%/once \
	%D%/state \
	%D%/outbox \
	%D%/seckill \
	%D%/seckill_serve \
	%D%/race \
	%D%/steer \
	%D%/upkeep \
	%D%/unruly \
	%D%/supervisor \
	%D%/policy \
	%D%/reload
endif
tests_system_states_SOURCES = %D%/states.c \
	%D%/states_rows.c %D%/states.h
tests_system_examples_CPPFLAGS = $(AM_CPPFLAGS) \
	-DSOURCE_DIR='"$(abs_top_srcdir)"'
tests_system_rights_CPPFLAGS = $(tests_system_examples_CPPFLAGS)
tests_system_order_CPPFLAGS = $(AM_CPPFLAGS) \
	-DORDERS_FILE='"$(top_srcdir)/../shared/data/orders-2010-12_2011-05.csv"'
