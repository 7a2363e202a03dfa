# What of the rules a machine can see.
dist_check_SCRIPTS += \
	%D%/layers.sh \
	%D%/hooks.sh \
	%D%/style.sh \
	%D%/man.sh \
	%D%/pages.sh
