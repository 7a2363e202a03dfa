# Nothing but code: no I/O, no process.
if HAVE_CMOCKA
check_PROGRAMS += \
	%D%/num \
	%D%/options \
	%D%/text \
	%D%/text_index \
	%D%/resp \
	%D%/crc32c \
	%D%/url \
	%D%/settings \
	%D%/settings_file \
	%D%/conf \
	%D%/conf_rules \
	%D%/conf_text \
	%D%/csv \
	%D%/jsonl \
	%D%/generate \
	%D%/pace \
	%D%/lag \
	%D%/finding \
	%D%/finding_make \
	%D%/outbox_record \
	%D%/order \
	%D%/delivery \
	%D%/linger \
	%D%/in_flight \
	%D%/portion \
	%D%/link_table \
	%D%/reading_table \
	%D%/waiting \
	%D%/pipeline \
	%D%/redis_error \
	%D%/backoff \
	%D%/board \
	%D%/recent \
	%D%/append \
	%D%/log \
	%D%/template \
	%D%/instance_table \
	%D%/restart \
	%D%/roster \
	%D%/autoscale \
	%D%/events \
	%D%/figures \
	%D%/rate \
	%D%/table \
	%D%/packed \
	%D%/when \
	%D%/tally \
	%D%/compare \
	%D%/doctor \
	%D%/orderno
endif
tests_unit_finding_CPPFLAGS = $(AM_CPPFLAGS) -DSOURCE_DIR='"$(abs_top_srcdir)"'
# The parser is wrapped, so that it can be made to end its process.
tests_unit_conf_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=config_read_string
tests_unit_jsonl_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=poll
