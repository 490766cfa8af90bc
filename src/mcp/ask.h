/*
 * ask.h - one tool call: its arguments checked, its question asked, its answer written within the budget.
 */
#ifndef MCP_ASK_H
#define MCP_ASK_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "query/question.h"
#include "store/store.h"

#include <jansson.h>

/* A call whose arguments are read, and which may wait for a store. */
struct tool_call {
    const struct question *tool; /* Borrowed, static */
    struct arguments args;
    struct arena texts; /* of the arguments */
    int64_t max_tokens;
    bool full;
    uint64_t fingerprint; /* of the arguments: a cursor belongs to one call */
    int64_t skip;         /* rows that earlier pages had */
    const char *again;    /* Borrowed: of serve_options */
};

/* `arguments` is an object or NULL. ERR_USAGE with words that help a model to do better; tool_call_release() is fine then too. */
int tool_call_read(struct tool_call *call, const struct question *tool, const json_t *arguments,
                   struct error *err);
void tool_call_release(struct tool_call *call);
/* Asks, once, and appends the answer as JSON to out. `behind`: what the store does not have yet, in words; NULL: it has all. */
int tool_call_ask(struct tool_call *call, struct store *store, const char *behind,
                  int64_t behind_events, struct buf *out, struct error *err);
/* An error as the answer to a call: {"error", "message", "suggestion"}. tool NULL: it is about none. */
void tool_put_error(const struct question *tool, const struct error *problem, struct buf *out);

#endif
