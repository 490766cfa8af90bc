/*
 * again.h - a recorded command, to be typed again with what `run` was told for it: a suggestion to run it once more that left
 * out --all-code would record nothing. No state.
 */
#ifndef QUERY_AGAIN_H
#define QUERY_AGAIN_H

#include "query/question.h"

/* "--all-code --include 'shop.*' python app.py": the options of `run` that the first of these traces was recorded with (wherever each came
 * from: option, environment, file) as far as they are no defaults, and behind them `command`. `traces`: a set in SQL, like "(SELECT ...)".
 * `without`: the key of a setting that the caller gives itself; NULL: none. In the answer's arena. Never fails: what cannot be known
 * is left out. */
const char *again_command(const struct asking *ask, struct answer *answer, const char *traces,
                          const char *command, const char *without);

#endif
