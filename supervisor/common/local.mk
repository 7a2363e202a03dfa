libsupervisor_a_SOURCES += \
	%D%/figures.c %D%/figures.h \
	%D%/signals.c %D%/signals.h \
	%D%/json_line.c %D%/json_line.h \
	%D%/numbers_json.c %D%/numbers_json.h \
	%D%/pause_json.c \
	%D%/ask.c %D%/ask.h
