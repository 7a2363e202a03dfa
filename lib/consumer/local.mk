libordermq_a_SOURCES += \
	%D%/crash_point.h \
	%D%/lease.c %D%/lease.h \
	%D%/delivery.c %D%/delivery.h \
	%D%/waiting.c %D%/waiting.h \
	%D%/in_flight.c %D%/in_flight.h \
	%D%/linger.c %D%/linger.h \
	%D%/handler.h \
	%D%/exchange.c %D%/exchange.h \
	%D%/exchange_settle.c \
	%D%/exchange_read.c %D%/exchange_read.h \
	%D%/portion.c %D%/portion.h \
	%D%/link_table.c %D%/link_table.h \
	%D%/reading_table.c %D%/reading_table.h \
	%D%/consumer.h \
	%D%/consumer_state.h \
	%D%/consumer_trouble.c %D%/consumer_trouble.h \
	%D%/consumer_verdict.c %D%/consumer_verdict.h \
	%D%/consumer_suspect.c %D%/consumer_suspect.h \
	%D%/consumer_read.c %D%/consumer_read.h \
	%D%/consumer_answer.c %D%/consumer_answer.h \
	%D%/consumer_link.c %D%/consumer_link.h \
	%D%/consumer_handle.c %D%/consumer_handle.h \
	%D%/consumer_main.c
EXTRA_DIST += %D%/README.md
