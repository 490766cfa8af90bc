/*
 * budget.h - an answer as one JSON object for a reader with a budget: what is most telling first, and never more bytes than
 * allowed. What does not fit is counted in `omitted`, and `next_cursor` goes on behind it.
 *
 *     {"untrusted": "...", "traces": [...], "total": 12, "omitted": [...], "next_cursor": "...", "next": [...], ...}
 *
 * Each part gets rows in turn, the main part three at a time, so that a long list starves nobody. No state. Host only.
 */
#ifndef MCP_BUDGET_H
#define MCP_BUDGET_H

#include "base/base.h"
#include "base/buf.h"
#include "mcp/tool.h"
#include "query/answer.h"

struct budget {
    const struct question *tool; /* Borrowed: what the answer answers */
    size_t bytes;                /* of the whole object, at most */
    bool full;                   /* values uncut where the room allows it */
    int64_t skip;                /* rows of the main part that earlier pages had */
    const char *again;           /* Borrowed: what commands need to find the same database */
    /* The cursor of the row after the first `rows`, counted from the answer's first; NULL: no paging. */
    void (*put_cursor)(void *ctx, int64_t rows, struct buf *out);
    void *ctx;
};

/* The object, without a newline. False: not even its frame fits. */
bool budget_write(const struct answer *answer, const struct budget *budget, struct buf *out);

#endif
