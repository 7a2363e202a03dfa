libsupervisor_a_SOURCES += \
	%D%/redis_numbers.c %D%/redis_numbers.h \
	%D%/pause.c %D%/pause.h \
	%D%/rate.c %D%/rate.h \
	%D%/hour.c %D%/hour.h \
	%D%/info.c %D%/info.h \
	%D%/keep_round.c %D%/keep_round.h \
	%D%/finding_look.c %D%/finding_look.h \
	%D%/finding_memory.c %D%/finding_memory.h \
	%D%/finding_make.h \
	%D%/finding_make_stream.c \
	%D%/finding_make.c \
	%D%/finding_round.c %D%/finding_round.h \
	%D%/alarm.c %D%/alarm.h
lua_scripts += \
	%D%/redis_numbers.lua \
	%D%/group_lag.lua \
	%D%/account.lua \
	%D%/account_look.lua \
	%D%/keep_account.lua \
	%D%/dead_letters.lua \
	%D%/finding_look.lua \
	%D%/keep_round.lua
EXTRA_DIST += %D%/README.md
