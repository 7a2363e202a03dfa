libsupervisor_a_SOURCES += \
	%D%/verb_doctor.c \
	%D%/doctor_state.h \
	%D%/doctor_server.c \
	%D%/doctor_rights.c \
	%D%/doctor_stream.c \
	%D%/doctor_groups.c \
	%D%/doctor.c %D%/doctor.h
