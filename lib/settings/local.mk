libordermq_a_SOURCES += \
	%D%/url.c %D%/url.h \
	%D%/settings.c %D%/settings.h \
	%D%/settings_check.c %D%/settings_check.h \
	%D%/settings_table.c %D%/settings_table.h \
	%D%/settings_nearest.c %D%/settings_nearest.h \
	%D%/settings_value.c %D%/settings_value.h \
	%D%/settings_print.c %D%/settings_print.h \
	%D%/conf_complaints.c %D%/conf_complaints.h \
	%D%/conf_file.c %D%/conf_file.h \
	%D%/conf_tree.c %D%/conf_tree.h \
	%D%/conf.c %D%/conf.h
EXTRA_DIST += %D%/README.md
