libproducers_a_SOURCES += \
	%D%/stop.c %D%/stop.h \
	%D%/setup.c %D%/setup.h
EXTRA_DIST += %D%/README.md
