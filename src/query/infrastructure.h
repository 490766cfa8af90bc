/*
 * infrastructure.h - functions that look like plumbing by their names: what `top` and the reports suggest to exclude. For questions
 * only; no state.
 */
#ifndef QUERY_INFRASTRUCTURE_H
#define QUERY_INFRASTRUCTURE_H

#include "query/question.h"

#define INFRASTRUCTURE_LOOKS_AT 5 /* of the most called functions */

/* "logging", "telemetry", "serialization", "webhook" for a dotted name that has a word of that kind in it; NULL: none. Whole words
 * count: `my_logger` is logging, `blogging` is not. Static. */
const char *infrastructure_kind(const char *dotted);
/* Whether excluding all of a module makes sense: not of the program itself. */
bool infrastructure_may_exclude(const char *module);
/* The profile that the latest of the traces which fulfil an SQL condition was recorded with, as a word for a shell; "<name>": none. In
 * the answer's arena. */
int infrastructure_profile(const struct asking *ask, struct answer *answer, const char *condition,
                           const char **ret_word, struct error *err);
/* "breadcrumb config edit PROFILE --add-exclude 'module.*'" in the answer's arena. */
const char *infrastructure_command(struct answer *answer, const char *profile, const char *module);

/* The part of an answer with suggestions: pattern, function, calls, kind, command. */
extern const struct question_part infrastructure_part;

struct infrastructure_function {
    const char *function, *module; /* Borrowed; the function with its module */
    int64_t calls;
};

/* Adds a row and a line if it is plumbing that may be excluded, and its pattern is not there yet. */
void infrastructure_suggest(struct answer *answer, struct part *part, const char *profile,
                            const struct infrastructure_function *f);

struct infrastructure_tip {
    const char *text;
    int depth;
};
/* How to read a list of busy functions; ends with a NULL text. */
extern const struct infrastructure_tip infrastructure_tips[];

#endif
