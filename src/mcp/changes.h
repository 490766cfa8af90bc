/*
 * changes.h - who wants to hear when something changes, and noticing that it did: traces come and grow under a running server.
 *
 * Once a second, while anybody listens, the database and the folder of trails are looked at from outside; only when they have changed
 * does a worker look inside. A client of a session hears of the list of resources, and of those that it subscribed to; one of 2026-07-28 of what
 * its subscriptions/listen names.
 *
 * Belongs to the thread of the event base.
 */
#ifndef MCP_CHANGES_H
#define MCP_CHANGES_H

#include "base/base.h"
#include "mcp/pool.h"

#include <event2/event.h>
#include <jansson.h>

#define LIMIT_SUBSCRIPTIONS 100

/* One who listens. Embedded in a peer, or in a request that stays open. */
struct subscriber {
    struct subscriber *next; /* in the list of changes */
    bool joined;
    bool list;    /* wants notifications/resources/list_changed */
    json_t *uris; /* Owned: an array; NULL: none */
    /* A notification's method, and its params without braces ("" for none). */
    void (*notify)(struct subscriber *subscriber, const char *method, const char *params);
};

struct changes;

struct changes *changes_new(struct event_base *base, struct pool *pool,
                            const struct serve_options *options);
void changes_free(struct changes *changes); /* NULL is fine */
void changes_join(struct changes *changes, struct subscriber *subscriber);
/* Also frees its uris. Fine for who never joined. */
void changes_leave(struct changes *changes, struct subscriber *subscriber);
/* False: there are too many. */
bool subscriber_add(struct subscriber *subscriber, const char *uri);
void subscriber_remove(struct subscriber *subscriber, const char *uri);

#endif
