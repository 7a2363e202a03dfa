# Targets for a fuzzer. Each is linked twice: to replay its seeds, as a test,
# and with --enable-fuzzing to look for new ones. See tests/fuzz/README.
fuzz_targets = entries conf csv jsonl control numbers segment request
fuzz_entries = %D%/entries.c %D%/fuzz.c %D%/fuzz.h 
fuzz_conf = %D%/conf.c %D%/fuzz.c %D%/fuzz.h
fuzz_source = %D%/source.c %D%/source.h %D%/fuzz.c \
	%D%/fuzz.h
fuzz_csv = %D%/csv.c $(fuzz_source)
fuzz_jsonl = %D%/jsonl.c $(fuzz_source)
fuzz_control = %D%/control.c %D%/fuzz.c %D%/fuzz.h
fuzz_numbers = %D%/numbers.c %D%/fuzz.c %D%/fuzz.h
fuzz_segment = %D%/segment.c %D%/fuzz.c %D%/fuzz.h
fuzz_request = %D%/request.c %D%/fuzz.c %D%/fuzz.h
EXTRA_DIST += %D%/README %D%/seeds %D%/dictionaries

check_PROGRAMS += \
	%D%/replay_entries \
	%D%/replay_conf \
	%D%/replay_csv \
	%D%/replay_jsonl \
	%D%/replay_control \
	%D%/replay_numbers \
	%D%/replay_segment \
	%D%/replay_request

tests_fuzz_replay_entries_SOURCES = %D%/replay.c $(fuzz_entries)
tests_fuzz_replay_conf_SOURCES = %D%/replay.c $(fuzz_conf)
tests_fuzz_replay_csv_SOURCES = %D%/replay.c $(fuzz_csv)
tests_fuzz_replay_jsonl_SOURCES = %D%/replay.c $(fuzz_jsonl)
tests_fuzz_replay_control_SOURCES = %D%/replay.c $(fuzz_control)
tests_fuzz_replay_numbers_SOURCES = %D%/replay.c $(fuzz_numbers)
tests_fuzz_replay_segment_SOURCES = %D%/replay.c $(fuzz_segment)
tests_fuzz_replay_request_SOURCES = %D%/replay.c $(fuzz_request)

libfuzzer = $(AM_LDFLAGS) -fsanitize=fuzzer
if FUZZING
noinst_PROGRAMS += \
	%D%/fuzz_entries \
	%D%/fuzz_conf \
	%D%/fuzz_csv \
	%D%/fuzz_jsonl \
	%D%/fuzz_control \
	%D%/fuzz_numbers \
	%D%/fuzz_segment \
	%D%/fuzz_request
endif
tests_fuzz_fuzz_entries_SOURCES = $(fuzz_entries)
tests_fuzz_fuzz_entries_LDFLAGS = $(libfuzzer)
tests_fuzz_fuzz_conf_SOURCES = $(fuzz_conf)
tests_fuzz_fuzz_conf_LDFLAGS = $(libfuzzer)
tests_fuzz_fuzz_csv_SOURCES = $(fuzz_csv)
tests_fuzz_fuzz_csv_LDFLAGS = $(libfuzzer)
tests_fuzz_fuzz_jsonl_SOURCES = $(fuzz_jsonl)
tests_fuzz_fuzz_jsonl_LDFLAGS = $(libfuzzer)
tests_fuzz_fuzz_control_SOURCES = $(fuzz_control)
tests_fuzz_fuzz_control_LDFLAGS = $(libfuzzer)
tests_fuzz_fuzz_numbers_SOURCES = $(fuzz_numbers)
tests_fuzz_fuzz_numbers_LDFLAGS = $(libfuzzer)
tests_fuzz_fuzz_segment_SOURCES = $(fuzz_segment)
tests_fuzz_fuzz_segment_LDFLAGS = $(libfuzzer)
tests_fuzz_fuzz_request_SOURCES = $(fuzz_request)
tests_fuzz_fuzz_request_LDFLAGS = $(libfuzzer)

# What is found stays in fuzz/TARGET/, to begin with the next time; an input
# that must not be as fuzz/TARGET-*.
FUZZ_SECONDS = 60
.PHONY: fuzz fuzz-targets
fuzz-targets:
	@echo $(fuzz_targets)
if FUZZING
fuzz: all
	@for target in $(fuzz_targets); do \
	  echo "=== $$target"; $(MKDIR_P) fuzz/$$target || exit; \
	  words=$(srcdir)/tests/fuzz/dictionaries/$$target; \
	  tests/fuzz/fuzz_$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
	    -entropic_scale_per_exec_time=1 \
	    -print_final_stats=1 -artifact_prefix=fuzz/$$target- \
	    `test ! -e $$words || echo -dict=$$words` \
	    fuzz/$$target $(srcdir)/tests/fuzz/seeds/$$target || exit; \
	done
else
fuzz:
	@echo 'configure with --enable-fuzzing for this' >&2; exit 1
endif

