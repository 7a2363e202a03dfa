#ifndef OMQ_COMPLETE_H
#define OMQ_COMPLETE_H

struct ctl;
struct ctl_option;
struct ctl_verb;

/* Completion for the shell: print what the word that is being typed
   (ctl->typed) can become, one a line: see ordermqctl complete in
   ordermqctl(1). Nothing is printed for a word that cannot be completed, such
   as the name of a file. */

/* Complete a verb; an option, if the word begins with "-"; an operand of
   ctl->verb, by its usage. */
void complete_verb(const struct ctl *ctl, const struct ctl_verb *verbs);
void complete_option(const struct ctl *ctl, const struct ctl_option *options);
void complete_operand(struct ctl *ctl);

#endif
