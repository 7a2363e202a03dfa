libsupervisor_a_SOURCES += \
	%D%/compare_way.c %D%/compare_way.h \
	%D%/compare_notes.c %D%/compare_notes.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/demo_sandbox.c %D%/demo_sandbox.h \
	%D%/demo_count.c %D%/demo_count.h \
	%D%/demo_table.c %D%/demo_table.h \
	%D%/demo.c %D%/demo.h \
	%D%/compare_workers.c %D%/compare_workers.h \
	%D%/compare_count.c %D%/compare_count.h \
	%D%/compare_table.c %D%/compare_table.h \
	%D%/compare.c %D%/compare.h
EXTRA_DIST += %D%/README.md
