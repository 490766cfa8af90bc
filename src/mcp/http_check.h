/*
 * http_check.h - whether a request over HTTP may be looked at: where it comes from, what it brings, what its headers say beside its
 * body. No state.
 *
 * A browser that shows somebody's page can send requests to this machine (DNS rebinding, forms); Host, Origin, Content-Type and the token
 * keep them out.
 */
#ifndef MCP_HTTP_CHECK_H
#define MCP_HTTP_CHECK_H

#include "base/base.h"
#include "mcp/message.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

struct http_place {
    const char *host; /* that we listen at, as it was given */
    bool loopback;    /* nobody but this machine reaches it */
    bool everywhere;  /* 0.0.0.0 or ::, where a name for us cannot be known */
    int port;
    const char *token;
};

/* A refusal: the status, a word for the log of a client, and a header that goes with it. status 0: go on. */
struct http_refusal {
    int status;
    const char *message;
    const char *header, *value;
    int code; /* of JSON-RPC */
};

/* Host, Origin, the token, headers that come twice. */
struct http_refusal http_check_sender(const struct http_place *place, struct evhttp_request *req);
/* Content-Type and Accept of a POST. */
struct http_refusal http_check_form(struct evhttp_request *req);
/* The headers that 2026-07-28 wants to agree with the body. */
struct http_refusal http_check_mirror(struct evhttp_request *req, const struct message *m);

/* A header's value; NULL: it is not there. Borrowed. */
const char *http_header(struct evhttp_request *req, const char *name);
/* Whether Accept names a type. An absent Accept takes all. */
bool http_accepts(struct evhttp_request *req, const char *type);
/* As long for equal texts as for others: how much of a guess is right cannot be measured. */
bool http_same_secret(const char *a, const char *b);

#endif
