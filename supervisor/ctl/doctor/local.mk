libsupervisor_a_SOURCES += \
	%D%/doctor_state.h \
	%D%/doctor_tell.c \
	%D%/doctor_server.c \
	%D%/doctor_rights.c \
	%D%/doctor_stream.c \
	%D%/doctor_account.c \
	%D%/doctor_groups.c \
	%D%/doctor_findings.c \
	%D%/doctor.c %D%/doctor.h \
	%D%/verb_doctor.c
lua_scripts += %D%/first_id.lua
