libordermq_a_SOURCES += \
	%D%/err.c %D%/err.h \
	%D%/num.c %D%/num.h \
	%D%/when.c %D%/when.h \
	%D%/options.c %D%/options.h \
	%D%/text.c %D%/text.h \
	%D%/text_index.c %D%/text_index.h \
	%D%/crc32c.c %D%/crc32c.h \
	%D%/arena.c %D%/arena.h \
	%D%/clock.c %D%/clock.h \
	%D%/backoff.c %D%/backoff.h \
	%D%/log.c %D%/log.h \
	%D%/append.c %D%/append.h
EXTRA_DIST += %D%/README.md
