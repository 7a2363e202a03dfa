libsupervisor_a_SOURCES += \
	%D%/instance_table.c %D%/instance_table.h \
	%D%/restart.c %D%/restart.h \
	%D%/roster.c %D%/roster.h \
	%D%/loop.c %D%/loop.h \
	%D%/spawn.c %D%/spawn.h \
	%D%/events.c %D%/events.h \
	%D%/instance_state.h \
	%D%/instance_process.c %D%/instance_process.h \
	%D%/instance.c %D%/instance.h \
	%D%/instance_word.c %D%/instance_word.h \
	%D%/autoscale.c %D%/autoscale.h \
	%D%/service.c %D%/service.h \
	%D%/fleet.c %D%/fleet.h \
	%D%/finding_process.c %D%/finding_process.h \
	%D%/alarms.c %D%/alarms.h \
	%D%/upkeep.c %D%/upkeep.h \
	%D%/runtime.c %D%/runtime.h \
	%D%/notify.c %D%/notify.h \
	%D%/reload.c %D%/reload.h \
	%D%/control_line.c %D%/control_line.h \
	%D%/control_client.c %D%/control_client.h \
	%D%/control.c %D%/control.h \
	%D%/steer_restart.c %D%/steer_restart.h \
	%D%/steer.c %D%/steer.h \
	%D%/status.c %D%/status.h \
	%D%/daemon_state.h \
	%D%/daemon_reload.c \
	%D%/daemon.c %D%/daemon.h
EXTRA_DIST += %D%/README.md
