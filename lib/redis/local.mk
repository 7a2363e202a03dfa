libordermq_a_SOURCES += \
	%D%/reply.c %D%/reply.h \
	%D%/resp.c %D%/resp.h \
	%D%/pipeline.c %D%/pipeline.h \
	%D%/redis_error.c %D%/redis_error.h \
	%D%/dial.c %D%/dial.h \
	%D%/redis.c %D%/redis.h \
	%D%/command.c %D%/command.h
EXTRA_DIST += %D%/README.md
