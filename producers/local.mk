# The programs that publish, and the library for other programs that do.
noinst_LIBRARIES += libproducers.a
libproducers_a_SOURCES =
include %D%/common/local.mk
include %D%/publish/local.mk
include %D%/sources/local.mk
include %D%/order/local.mk
include %D%/seckill/local.mk

producer_libs = libproducers.a $(redis_libs) $(JANSSON_LIBS)
bin_PROGRAMS += bin/ordermq-order bin/ordermq-seckill
bin_ordermq_order_SOURCES = %D%/order/ordermq_order.c
bin_ordermq_order_LDADD = $(producer_libs)
bin_ordermq_seckill_SOURCES = %D%/seckill/ordermq_seckill.c
bin_ordermq_seckill_LDADD = $(producer_libs)
EXTRA_DIST += %D%/README.md
