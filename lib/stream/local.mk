libordermq_a_SOURCES += \
	%D%/order.c %D%/order.h \
	%D%/keys.c %D%/keys.h
EXTRA_DIST += %D%/README.md
