/*
 * server.h - the protocol itself, for any transport: what each method of each revision answers.
 *
 * A transport reads messages (message.h), keeps a peer for each client and an outlet for each message:
 *
 *     server_take(server, &peer, &message, outlet);
 *
 * and the server calls outlet->finish exactly once for it, at once or when a worker has answered; before that outlet->say for
 * what belongs to the request. A message that needs no answer is finished with NULL. A transport whose client has gone calls
 * server_forget(), after which nothing of it is called any more.
 *
 * All of it belongs to the thread of the event base.
 */
#ifndef MCP_SERVER_H
#define MCP_SERVER_H

#include "base/base.h"
#include "base/buf.h"
#include "mcp/changes.h"
#include "mcp/message.h"
#include "mcp/pool.h"
#include "mcp/revision.h"

struct server;
struct peer;

/* How what is said to one message reaches its client. Embedded in what the transport keeps for it. */
struct outlet {
    /* A notification that belongs to the request. */
    void (*say)(struct outlet *outlet, const char *json, size_t len);
    /* The response; json NULL: there is none. code: 0, or the error's. The outlet is the transport's again. */
    void (*finish)(struct outlet *outlet, int code, const char *json, size_t len);
};

/* One client, as far as a revision with sessions remembers it. */
struct peer {
    enum revision revision; /* negotiated; NONE: not yet */
    bool stateless_only;    /* the transport knows that it speaks 2026-07-28 */
    struct subscriber subscriber;
    /* What belongs to no request; NULL: there is no way now. */
    void (*tell)(struct peer *peer, const char *json, size_t len);
};

struct server *server_new(struct event_base *base, const struct serve_options *options);
void server_free(struct server *server); /* NULL is fine; no outlet is called */
void server_take(struct server *server, struct peer *peer, const struct message *message,
                 struct outlet *outlet);
/* Cancels all that is under way for an outlet; with NULL, for a peer, which is told of nothing any more. */
void server_forget(struct server *server, struct peer *peer, const struct outlet *outlet);
/* The server stops: tells those who listen that no more will come. */
void server_end_streams(struct server *server);
/* Whether an answer is still due; streams that only listen do not count. */
bool server_busy(const struct server *server);

/* An error response for what is no request: {"jsonrpc", "id", "error"}. id_text NULL: null. */
void server_put_error(struct buf *out, const char *id_text, int code, const char *message);

#endif
