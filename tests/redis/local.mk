# Our modules against a redis-server of their own.
if HAVE_CMOCKA
check_PROGRAMS += \
	%D%/connection \
	%D%/login \
	%D%/lease \
	%D%/settle \
	%D%/ledger \
	%D%/balance \
	%D%/totals \
	%D%/numbers \
	%D%/keep \
	%D%/books \
	%D%/keep_trim \
	%D%/retention \
	%D%/publish
endif
# Large ones are several files of one name.
tests_redis_retention_SOURCES = %D%/retention.c \
	%D%/retention_model.c %D%/retention_model.h \
	%D%/retention_steps.c %D%/retention_steps.h \
	%D%/retention_keepers.c %D%/retention_keepers.h
tests_redis_publish_LDADD = libordermq-publish.a $(LDADD)
