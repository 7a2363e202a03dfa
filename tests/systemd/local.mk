# The units under a systemd that is booted for it.
dist_check_SCRIPTS += \
	%D%/security.sh \
	%D%/service.sh \
	%D%/units.sh
