#ifndef OMQ_CONF_TREE_H
#define OMQ_CONF_TREE_H

struct conf_complaints;
struct settings;

/* Parse the text of a configuration file with libconfig and fill in *settings,
   which holds the defaults. Everything that is wrong goes to the complaints:
   unknown keys, wrong types, values out of range, and what does not fit
   together. Call it in a process that may end: libconfig calls exit(). */
void conf_tree_read(const char *text, struct settings *settings,
		    struct conf_complaints *complaints);

#endif
