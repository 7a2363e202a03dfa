libsupervisor_a_SOURCES += \
	%D%/group_numbers.c %D%/group_numbers.h \
	%D%/figures.c %D%/figures.h \
	%D%/finding_kind.c %D%/finding_kind.h \
	%D%/finding.c %D%/finding.h \
	%D%/finding_watch.c %D%/finding_watch.h \
	%D%/finding_sheet.c %D%/finding_sheet.h \
	%D%/signals.c %D%/signals.h \
	%D%/json_line.c %D%/json_line.h \
	%D%/numbers_json.c %D%/numbers_json.h \
	%D%/finding_json.c %D%/finding_json.h \
	%D%/ask.c %D%/ask.h
EXTRA_DIST += %D%/README.md
