/*
 * desk.h - the store as a worker has it before it: taken up to date first, at most as often as it is told to, and given back
 * soon, because while one process reads no other can write.
 *
 * Not thread-safe; desk_interrupt() is for signal handlers.
 */
#ifndef MCP_DESK_H
#define MCP_DESK_H

#include "base/base.h"
#include "base/error.h"
#include "mcp/serve.h"
#include "store/store.h"

struct desk {
    const struct serve_options *options; /* Borrowed */
    struct store *store;                 /* Owned; NULL: closed */
    char *behind; /* Owned: why the store is behind the trails; NULL: it is not */
    int64_t behind_events;
};

/* Opens the store unless it is open. fresh: takes in what was recorded until now first. Errors as of ingest_open(). */
int desk_open(struct desk *desk, bool fresh, struct error *err);
void desk_close(struct desk *desk);
/* Ends the query that runs now with an error. False: no store is open. */
bool desk_interrupt(void);

#endif
