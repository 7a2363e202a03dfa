libordermq_a_SOURCES += \
	%D%/crash_point.h \
	%D%/lease.c %D%/lease.h \
	%D%/delivery.c %D%/delivery.h \
	%D%/waiting.c %D%/waiting.h \
	%D%/in_flight.c %D%/in_flight.h \
	%D%/linger.c %D%/linger.h \
	%D%/handler.h \
	%D%/link_table.c %D%/link_table.h \
	%D%/reading_table.c %D%/reading_table.h \
	%D%/portion.c %D%/portion.h \
	%D%/exchange.c %D%/exchange.h \
	%D%/consumer_state.h \
	%D%/consumer.h \
	%D%/consumer_suspect.c \
	%D%/consumer_read.c \
	%D%/consumer_link.c \
	%D%/consumer_leave.c \
	%D%/consumer_answer.c \
	%D%/consumer.c
