/*
 * http_exchange.h - one request over HTTP and its answer: as one JSON body, or as a stream of events (SSE) when there is something to say
 * before the answer. An exchange of a session outlives its connection; one of 2026-07-28 is cancelled when its client goes.
 *
 * Belongs to the thread of the event base.
 */
#ifndef MCP_HTTP_EXCHANGE_H
#define MCP_HTTP_EXCHANGE_H

#include "base/base.h"
#include "mcp/http_session.h"
#include "mcp/server.h"

#include <event2/http.h>

struct exchanges {
    struct exchange *first;
    struct server *server; /* Borrowed */
    struct sessions *sessions;
    void (*ended)(void *ctx); /* after each that has ended; NULL: nobody wants to know */
    void *ctx;
};

struct exchange {
    struct exchange *next;
    struct exchanges *all;
    struct outlet outlet;
    struct evhttp_request *req; /* Borrowed from evhttp; NULL: the connection has gone */
    struct session *session;    /* NULL: of 2026-07-28, which has none */
    struct peer own;            /* used where there is no session */
    bool begins_session;        /* the answer carries its id */
    bool notification;          /* no answer is due: 202 */
    bool meta_is_bad;           /* 2026-07-28: what is wrong is a 400 */
    bool may_stream;            /* the client takes events before the answer */
    bool streaming;
    bool listening; /* stays open for notifications */
    uint32_t stream, told;
    int64_t spoke_ns;
};

/* NULL: no memory; the request was answered. */
struct exchange *exchange_new(struct exchanges *all, struct evhttp_request *req);
/* Begins the stream; with `primed` also an event of no content, whose id a client can come back with. */
void exchange_stream(struct exchange *x, bool primed);
void exchange_say(struct exchange *x, const char *json, size_t len);
/* Sends again what a stream said after an event. */
void exchange_replay(struct exchange *x, uint32_t stream, uint32_t after);
/* Gives the connection, which streams, to an exchange that has lost its own; x is freed. */
void exchange_hand(struct exchange *x, struct exchange *broken);
/* Ends a stream, if it is one, and frees. */
void exchange_end(struct exchange *x);
/* Notices clients that have gone; keeps streams awake. To be called a few times a second while there are any. */
void exchanges_watch(struct exchanges *all);
/* Ends all that belong to a session. */
void exchanges_drop(struct exchanges *all, struct session *session);
/* Answers that are not listening only. */
bool exchanges_busy(const struct exchanges *all);
int exchange_fd(const struct exchange *x);

/* Answers a request without an exchange: a status and a JSON-RPC error. */
void http_refuse(struct evhttp_request *req, int status, int code, const char *id_text,
                 const char *message);

#endif
