/* completion_settings.h - what a shell is offered where settings and profiles are named. No state. */
#ifndef CLI_COMPLETION_SETTINGS_H
#define CLI_COMPLETION_SETTINGS_H

#include "query/argument.h"

/* Takes one word to offer, and what it is about; both Borrowed. */
typedef void complete_offer(const void *ctx, const char *word, const char *about);

/* Offers all that the argument of a command may be: profiles, keys, KEY=VALUE, the words of a setting behind an option of `run`;
 * nothing when it has to do with none of them. `word` is what was typed of it. */
void complete_settings(const struct argument *spec, const char *command, const char *word,
                       complete_offer *offer, const void *ctx);

#endif
