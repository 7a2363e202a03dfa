#ifndef OMQ_COMPLETE_H
#define OMQ_COMPLETE_H

struct ctl;
struct ctl_option;
struct ctl_verb;

/* What the word that is being typed (ctl->typed) can become, one a line on
   standard output, for the shell: see ordermqctl complete in ordermqctl(1). A
   word that cannot become anything, a name of a file among them, prints
   nothing. */

/* One of these verbs; one of these options, if it begins with a "-"; what may
   stand in this place behind the verb, by its usage. */
void complete_verb(const struct ctl *ctl, const struct ctl_verb *verbs);
void complete_option(const struct ctl *ctl, const struct ctl_option *options);
void complete_operand(struct ctl *ctl);

#endif
