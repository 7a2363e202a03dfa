libproducers_a_SOURCES += \
	%D%/pace.c %D%/pace.h \
	%D%/progress.c %D%/progress.h \
	%D%/order_state.c %D%/order_state.h \
	%D%/order_options.c %D%/order_options.h \
	%D%/order_setup.c %D%/order_setup.h \
	%D%/job.h \
	%D%/order_report.c %D%/order_report.h \
	%D%/order_fail.c %D%/order_fail.h \
	%D%/order_lag.c %D%/order_lag.h \
	%D%/order_job.c %D%/order_job.h
EXTRA_DIST += %D%/README.md
