libsupervisor_a_SOURCES += \
	%D%/group_numbers.c %D%/group_numbers.h \
	%D%/figures.c %D%/figures.h \
	%D%/signals.c %D%/signals.h \
	%D%/json_line.c %D%/json_line.h \
	%D%/numbers_json.c %D%/numbers_json.h \
	%D%/ask.c %D%/ask.h
EXTRA_DIST += %D%/README.md
