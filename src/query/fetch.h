/*
 * fetch.h - from a query of the store to rows of an answer. For questions only.
 */
#ifndef QUERY_FETCH_H
#define QUERY_FETCH_H

#include "query/question.h"
#include "store/store.h"

/* How a raised exception is named in a line, as SQL; e is a row of exceptions. */
#define FETCH_RAISED "e.exception_type || coalesce(': ' || nullif(e.message, ''), '')"

struct fetch {
    const char
        *sql; /* its first columns are the part's, in order; more of them go to `each` only */
    const struct store_param *params;
    size_t nparams;
    /* Called with each row after its cells were filled, for what is said or counted beside them; NULL: not needed. A
     * negative return ends the fetch with it. */
    int (*each)(void *ctx, struct rows *rows, struct cell *cells);
    void *ctx;
};

/* Adds the rows of a query to a part until they are all there or the rows of the answer so far reach ask->max_bytes;
 * *ret_cut (may be NULL) says whether that happened. The part's columns tell how each cell is read. */
int fetch_rows(const struct asking *ask, struct answer *answer, struct part *part,
               const struct fetch *fetch, bool *ret_cut, struct error *err);

/* The first column of a query's first row, as text in the answer's arena; NULL: there is none. */
int fetch_text(const struct asking *ask, struct answer *answer, const char *sql,
               const char **ret_text, struct error *err);

/* Reads the first columns of the row that is there now into cells; returns the bytes that they take of an answer. */
size_t fetch_cells(struct answer *answer, struct rows *rows, const struct column *columns,
                   size_t ncolumns, struct cell *cells);

/* For pages of wide rows: runs a query whose first columns are trace_id and call_id, and gives a condition that selects just these
 * calls, as literals where they are few enough: DuckDB then skips all stretches of rows that have none of them. In the answer's
 * arena; NULL: there are none. *ret_n is their number, or one more than are given as literals. The query's parameters have to be given
 * with the condition again. */
int fetch_chosen(const struct asking *ask, struct answer *answer, const struct fetch *fetch,
                 const char **ret_condition, size_t *ret_n, struct error *err);

/* The bytes of all parts' rows. */
size_t fetch_bytes(const struct answer *answer);

#endif
