/*
 * infrastructure.h - functions that look like plumbing by their names: what `top` and the reports suggest to exclude. For questions
 * only; no state.
 */
#ifndef QUERY_INFRASTRUCTURE_H
#define QUERY_INFRASTRUCTURE_H

#include "query/answer.h"

#define INFRASTRUCTURE_LOOKS_AT 5 /* of the most called functions */

/* "logging", "telemetry", "serialization", "webhook" for a dotted name that has a word of that kind in it; NULL: none. Whole words
 * count: `my_logger` is logging, `blogging` is not. Static. */
const char *infrastructure_kind(const char *dotted);
/* Whether excluding all of a module makes sense: not of the program itself. */
bool infrastructure_may_exclude(const char *module);
/* "breadcrumb config edit <name> --add-exclude 'module.*'" in the answer's arena. */
const char *infrastructure_command(struct answer *answer, const char *module);

struct infrastructure_tip {
    const char *text;
    int depth;
};
/* How to read a list of busy functions; ends with a NULL text. */
extern const struct infrastructure_tip infrastructure_tips[];

#endif
