/*
 * search.h - what the files of the question `search` share.
 */
#ifndef QUERY_SEARCH_H
#define QUERY_SEARCH_H

#include "query/fetch.h"
#include "query/scope.h"

/* Columns of a match. */
enum {
    MATCH_KIND,
    MATCH_FUNCTION,
    MATCH_TEXT,
    MATCH_AT,
    MATCH_TRACE,
    MATCH_CALL,
    MATCH_FILE,
    MATCH_LINE,
    MATCH_CALLS
};

/* 60 characters before the term and what follows it. */
#define SEARCH_AROUND(text) \
    "substr(" text ", greatest(1, strpos(lower(" text "), lower($term)) - 60), 200)"
#define SEARCH_ARGS_TEXT "concat_ws(' ', c.args, c.kwonly, c.kwargs)"
#define SEARCH_RESULT_TEXT "c.result::VARCHAR"

/* A search of the finished calls. */
struct search_calls {
    const struct asking *ask;
    struct answer *answer;
    const struct scope *scope;
    const struct store_param *params;
    size_t nparams;
    const char *in_args,
        *in_result;      /* conditions on a row c of call_rows; NULL: not looked there */
    int64_t skip, limit; /* places to pass over, then to show */
    int64_t
        patience_ns; /* after it no more is looked for; 0: any time may be taken for what is to be shown */
    bool whole; /* all is counted, however long it takes */
    /* What came of it. */
    int64_t found;           /* places, those passed over and not shown too */
    int64_t searched, calls; /* calls that were looked at, of how many */
    bool complete;           /* all were looked at: `found` is all that there are */
};

/* Adds places to the part in the order of time. */
int search_calls(struct search_calls *s, struct part *part, struct error *err);

#endif
