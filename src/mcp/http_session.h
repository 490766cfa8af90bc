/*
 * http_session.h - what revisions with sessions remember over HTTP: the peer behind an Mcp-Session-Id, its stream of notifications, and
 * the latest events of its streams, so that a client whose connection broke can take up where it was.
 *
 * Not thread-safe.
 */
#ifndef MCP_HTTP_SESSION_H
#define MCP_HTTP_SESSION_H

#include "base/base.h"
#include "mcp/server.h"

#define LIMIT_SESSIONS 256
#define SESSION_ID_BYTES 33 /* 128 random bits in hex */
#define SESSION_EVENTS 64   /* kept for who comes back */
#define LIMIT_SESSION_EVENT_BYTES (128 * 1024)

struct exchange;

struct event_kept {
    uint32_t stream, number;
    char *text; /* Owned: JSON */
};

struct session {
    struct session *next;
    struct peer peer;
    char id[SESSION_ID_BYTES];
    int64_t used_ns;
    struct exchange *listening; /* Borrowed: a GET that waits for notifications; NULL: none */
    uint32_t streams, told;     /* numbers given out: to streams, to events of stream 0 */
    struct event_kept kept[SESSION_EVENTS];
    size_t nkept; /* ever: the ring's place is the remainder */
    void *owner;  /* the http that it belongs to */
};

struct sessions {
    struct session *first;
    size_t n;
};

/* A new one. Where there are too many the one that was not used for longest is given to `drop` first. NULL: no memory, no
 * randomness. */
struct session *session_new(struct sessions *all, void (*drop)(struct session *session));
struct session *session_find(struct sessions *all, const char *id);
/* Takes it out and frees it. */
void session_free(struct sessions *all, struct session *session);
void session_keep(struct session *session, uint32_t stream, uint32_t number, const char *json,
                  size_t len);
/* The event of a stream that comes after a number, as far as it was kept; NULL: none. */
const struct event_kept *session_after(const struct session *session, uint32_t stream,
                                       uint32_t number);

#endif
