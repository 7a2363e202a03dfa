# Tests. They speak TAP; those that need Redis start their own.
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	CC='$(CC)' SAN_FLAGS='$(SAN_FLAGS)' COV_FLAGS='$(COV_FLAGS)' MAKE='$(MAKE)'; \
	export CC SAN_FLAGS COV_FLAGS MAKE;
TEST_EXTENSIONS = .sh
tap_driver    = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER    = $(tap_driver)
SH_LOG_DRIVER = $(tap_driver)
AM_LOG_DRIVER_FLAGS    = --comments
AM_SH_LOG_DRIVER_FLAGS = --comments

dist_check_SCRIPTS =
check_PROGRAMS =
check_LIBRARIES =
check_DATA =
TESTS = $(check_PROGRAMS) $(dist_check_SCRIPTS)

# A test is one file of its name, on fixtures and whatever it looks at.
LDADD = libfixtures.a libproducers.a libconsumers.a libsupervisor.a \
	$(redis_libs) $(JANSSON_LIBS) $(CMOCKA_LIBS)

include %D%/fixtures/local.mk
include %D%/workers/local.mk
include %D%/unit/local.mk
include %D%/redis/local.mk
include %D%/system/local.mk
include %D%/systemd/local.mk
include %D%/check/local.mk
include %D%/fuzz/local.mk
CLEANFILES += $(check_DATA)
# What tests/system/senders.sh runs.
EXTRA_DIST += %D%/senders/orders.sh %D%/senders/orders_capped.py \
	%D%/senders/voucher.php %D%/senders/events.rb \
	%D%/senders/checkout.js %D%/senders/till.pl

# The tests that start a server, which ORDERMQ_TEST_REDIS may name.
.PHONY: server-tests
server-tests:
	@for test in $(TESTS); do \
	  case $$test in \
	  tests/system/demo.sh | tests/system/compare.sh) ;; \
	  tests/redis/* | tests/system/*) echo $$test ;; \
	  esac; \
	done

# Faults upon faults, for some minutes: see tests/FAULTS.md.
EXTRA_DIST += %D%/chaos/chaos.sh %D%/chaos/faults.sh %D%/FAULTS.md \
	%D%/README.md
.PHONY: chaos
chaos: all $(check_DATA)
	@$(SHELL) $(srcdir)/tests/chaos/chaos.sh


# What takes minutes, root or the network; skips itself without them.
EXTRA_DIST += tests/long/fresh-root.sh tests/long/servers.sh \
	tests/long/root_lib.sh tests/long/fuzz.sh tests/long/interrupted.sh \
	tests/long/outbox.sh tests/long/outage.sh tests/long/autoscale.sh \
	tests/long/up-and-down.sh tests/long/seckill.sh tests/long/systemd.sh \
	tests/long/retention.sh tests/long/pages.sh \
	tests/long/memory-limit.sh tests/long/blocking.sh \
	tests/long/takeover.sh tests/long/restarts.sh
.PHONY: check-long
check-long: all
	@status=0; for test in 'fresh-root.sh bookworm' 'fresh-root.sh trixie' \
	  'servers.sh trixie' 'outage.sh 30 60' 'interrupted.sh 100 50000' \
	  'outbox.sh 100 10000' 'autoscale.sh 240' 'up-and-down.sh 20' \
	  'seckill.sh 20 10000 500 8' 'seckill.sh 20 10000 5000 8' \
	  'systemd.sh bookworm' 'systemd.sh trixie' 'retention.sh 100000' \
	  'restarts.sh 4 8' \
	  'takeover.sh 20000 1000000' \
	  'fuzz.sh 600' 'pages.sh' memory-limit.sh blocking.sh; do \
	  echo "# $$test"; \
	  srcdir=$(srcdir) $(srcdir)/tests/long/$$test $(srcdir) | \
	    awk '{ print } /^1\.\./ { plan = substr($$1, 4) } /^ok/ { passed++ } \
	      END { exit NR == 0 || passed + 0 != plan }' || status=1; \
	done; exit $$status

.PHONY: coverage
EXTRA_DIST += %D%/coverage.sh
# Lines that the tests reach, of each file and folder and in all; for a build
# with --enable-coverage. A process that is killed tells nothing, so the fixtures
# let ordermqd and the instances end by themselves.
coverage:
	@find . -name "*.gcda" -delete
	@status=0; ORDERMQ_TEST_GENTLY=1 $(MAKE) check || status=$$?; \
	  $(SHELL) $(srcdir)/tests/coverage.sh lib producers consumers supervisor && \
	  exit $$status
