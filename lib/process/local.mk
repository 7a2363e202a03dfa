libordermq_a_SOURCES += \
	%D%/lifeline.c %D%/lifeline.h \
	%D%/recent.c %D%/recent.h \
	%D%/board.c %D%/board.h \
	%D%/node_id.c %D%/node_id.h \
	%D%/fatal.c %D%/fatal.h \
	%D%/process_options.c %D%/process_options.h \
	%D%/process.c %D%/process.h
EXTRA_DIST += %D%/README.md
