/*
 * http_watch.h - bounds on connections that evhttp does not have: how many there are, and how long one may take for a request.
 *
 * evhttp's timeout begins anew with every byte, so that a client that sends one every few seconds holds its connection for ever. Here
 * all connections are looked at by their file descriptors once a second; one that has been without a whole request for too long
 * is shut down, which evhttp sees as its end. Beyond LIMIT_CONNECTIONS nobody is accepted until some have gone.
 *
 * Not thread-safe.
 */
#ifndef MCP_HTTP_WATCH_H
#define MCP_HTTP_WATCH_H

#include "base/base.h"
#include "mcp/http_exchange.h"

#include <event2/listener.h>

#define LIMIT_CONNECTIONS 2000
#define HTTP_WATCH_FIRST_S 10    /* to the first whole request */
#define HTTP_WATCH_PATIENCE_S 60 /* from one to the next */

struct http_watch {
    struct evconnlistener *listeners[2]; /* Borrowed; NULL: none */
    int port;
    struct seen {
        uint64_t inode;   /* of the socket: numbers are used again; 0: nothing there */
        int64_t since_ns; /* it is there, or its latest request came */
        bool asked;       /* it has sent a whole request */
    } *seen;              /* Owned, by file descriptor */
    size_t nseen;
    int64_t looked_ns;
    bool full;
};

/* Makes room for as many connections as the system allows. */
void http_watch_init(struct http_watch *watch);
void http_watch_release(struct http_watch *watch);
/* A whole request has come. */
void http_watch_request(struct http_watch *watch, struct evhttp_request *req);
/* To be called often; looks once a second. */
void http_watch_look(struct http_watch *watch, const struct exchanges *exchanges);

#endif
