/*
 * worker.h - a child process that asks questions of the store for the server.
 *
 * The two talk over a socket in frames: a length (u32, of what follows the kind), a kind (one byte), then bytes. To the worker: a job
 * as JSON. From it: one frame with the answer, and before it any number that say how far it is.
 *
 *     {"kind": "call", "tool": "get_trace", "arguments": {...}, "fresh": true, "keep": false}
 *
 * fresh: take in what was recorded first. keep: leave the store open, another job follows at once. SIGTERM interrupts what it does:
 * a query ends with an error; while it takes in trails the process ends, which loses nothing.
 */
#ifndef MCP_WORKER_H
#define MCP_WORKER_H

#include "base/base.h"
#include "mcp/serve.h"

#define LIMIT_FRAME_BYTES (8u * 1024 * 1024)

enum frame_kind {
    FRAME_JOB = 'J',
    FRAME_CLOSE = 'C',   /* to the worker: give the store back */
    FRAME_ANSWER = 'A',  /* the answer's JSON */
    FRAME_REFUSED = 'E', /* an error's JSON */
};

struct frame_head {
    uint32_t len;
    uint8_t kind;
} __attribute__((packed));

/* The worker's life, in the forked child; never returns. Ends when the socket does. */
_Noreturn void worker_run(const struct serve_options *options, int fd);

#endif
