/*
 * pool.h - the server's side of its workers: jobs wait in line, each is done by one worker, and a worker is started when it is
 * needed, one more when those that are there have been busy for a while.
 *
 * A worker that crashes fails its job only. All functions belong to the thread of the event base.
 */
#ifndef MCP_POOL_H
#define MCP_POOL_H

#include "base/base.h"
#include "mcp/serve.h"

#include <event2/event.h>
#include <jansson.h>

#define LIMIT_WORKERS 3
#define LIMIT_JOBS_WAITING 256

enum job_end {
    JOB_ANSWERED, /* the text is the answer's JSON */
    JOB_REFUSED,  /* the text is an error's JSON */
};

struct job;
struct pool;

/* Called once when a job has ended, unless it was cancelled. The text is Borrowed. */
typedef void job_done(void *ctx, enum job_end end, const char *text, size_t len);

struct pool *pool_new(struct event_base *base, const struct serve_options *options);
/* Ends all workers; jobs that were not done are forgotten. NULL is fine. */
void pool_free(struct pool *pool);
/* Takes a job (its `kind` and what that needs, see worker.h) into the line; the reference to it goes over. NULL: the line is
 * full. The handle is valid until done is called or pool_cancel. */
struct job *pool_submit(struct pool *pool, json_t *what, job_done *done, void *ctx);
/* Stops it within 100 ms; done is not called. */
void pool_cancel(struct pool *pool, struct job *job);
bool pool_idle(const struct pool *pool);

#endif
