/*
 * overview.h - what the files of the question `overview` share.
 */
#ifndef QUERY_OVERVIEW_H
#define QUERY_OVERVIEW_H

#include "query/fetch.h"
#include "query/scope.h"

struct overview {
    const struct asking *ask;
    struct answer *answer;
    struct scope scope;
    const char *within, *within_id; /* "trace" or, of several processes, "run", for next steps */
    const char *command;            /* of it; NULL: not known */
    int64_t exceptions, open_calls, kinds;
    int64_t stopped;          /* processes whose recording stopped itself */
    int64_t quota_mb;         /* that was too small for them; 0: not known, or it was the disk */
    const char *failed_in;    /* that raised the first failure; NULL: none, or not recorded */
    const char *slowest;      /* by its own time */
    const char *odd_function; /* whose calls to look at first; NULL: none is odd */
    const char *odd_why, *odd_order;
};

extern const struct question_part overview_failed_part;
int overview_failed(struct overview *o, struct part *part, struct error *err);

extern const struct question_part overview_odd_part;
int overview_odd(struct overview *o, struct part *part, struct error *err);

#endif
