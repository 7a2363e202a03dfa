# Our modules against a redis-server of their own.
if HAVE_CMOCKA
check_PROGRAMS += \
	%D%/connection \
	%D%/login \
	%D%/lease \
	%D%/ledger \
	%D%/numbers \
	%D%/keep \
	%D%/retention \
	%D%/publish
endif
tests_redis_publish_LDADD = libordermq-publish.a $(LDADD)
