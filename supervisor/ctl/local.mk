# The frame first, then the verbs by what they look at.
libsupervisor_a_SOURCES += \
	%D%/overview.c %D%/overview.h \
	%D%/cell.c %D%/cell.h \
	%D%/finding_lines.c %D%/finding_lines.h \
	%D%/table.c %D%/table.h \
	%D%/ctl_state.h \
	%D%/complete.c %D%/complete.h \
	%D%/ctl.c %D%/ctl.h \
	%D%/verbs.h \
	%D%/terminal.c %D%/terminal.h \
	%D%/screen.c %D%/screen.h \
	%D%/verb_status.c \
	%D%/verb_steer.c \
	%D%/verb_events.c \
	%D%/verb_show.c \
	%D%/check_state.c %D%/check_state.h \
	%D%/check_findings.c \
	%D%/check.c %D%/check.h
include %D%/redis/local.mk
include %D%/doctor/local.mk
include %D%/verify/local.mk
EXTRA_DIST += %D%/README.md
