/*
 * request.h - one request on its way, for the files that answer methods.
 *
 *     static void ping(struct request *r)
 *     {
 *         request_answer(r, "");
 *     }
 *
 * A method either answers at once or hands a job to a worker and answers when that is done. Either way once; the request is
 * gone after that.
 */
#ifndef MCP_REQUEST_H
#define MCP_REQUEST_H

#include "base/base.h"
#include "base/buf.h"
#include "mcp/changes.h"
#include "mcp/message.h"
#include "mcp/server.h"

struct request {
    struct request *next; /* in the server's list */
    struct server *server;
    struct peer *peer;     /* Borrowed */
    struct outlet *outlet; /* Borrowed */
    char *id_text;         /* Owned */
    json_t *params;        /* Owned, a reference; NULL: none */
    enum revision revision;
    char *progress_token; /* Owned, as JSON; NULL: progress is not wanted */
    int64_t begun_ns, told_ns;
    struct subscriber subscriber; /* of one that stays open */
    struct job *job;              /* NULL: none */
    void (*done)(struct request *r, enum job_end end, const char *text, size_t len);
};

static inline bool request_stateless(const struct request *r)
{
    return r->revision == REVISION_STATELESS;
}

/* Answers with a result whose members are given without their braces: "\"tools\":[...]", or "". */
void request_answer(struct request *r, const char *members);
/* Answers with an error; data is JSON or NULL. */
void request_fail(struct request *r, int code, const char *data, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Hands a job over (see pool.h); r->done is called when it has ended. Fails the request when there are too many. */
void request_hand_over(struct request *r, json_t *job,
                       void (*done)(struct request *r, enum job_end end, const char *text,
                                    size_t len));
/* Adds the members that results carry since 2026-07-28 so that clients may keep them. */
void request_put_cache(const struct request *r, int64_t ttl_ms, bool is_public,
                       struct buf *members);

/* The methods. */
void method_tools_list(struct request *r);
void method_tools_call(struct request *r);
void method_resources_list(struct request *r);
void method_templates_list(struct request *r);
void method_resources_read(struct request *r);
void method_prompts_list(struct request *r);
void method_prompts_get(struct request *r);
void method_complete(struct request *r);
void method_subscribe(struct request *r);
void method_unsubscribe(struct request *r);
void method_listen(struct request *r);

#endif
