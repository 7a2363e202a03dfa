libsupervisor_a_SOURCES += \
	%D%/verify_state.h \
	%D%/verify_tell.c \
	%D%/verify_walk.c \
	%D%/verify_losses.c \
	%D%/verify_books.c \
	%D%/verify_points.c \
	%D%/verify_push.c \
	%D%/verify.c %D%/verify.h \
	%D%/verb_verify.c
lua_scripts += %D%/verify_books.lua %D%/verify_pending.lua \
	%D%/verify_correct.lua
