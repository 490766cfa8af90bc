/* http_exchange.c - see http_exchange.h. */
#include "base/base.h"

#include "base/clock.h"
#include "mcp/http_exchange.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <poll.h>

#define AWAKE_NS 15000000000LL
#define LIMIT_UNREAD (1024 * 1024) /* of a stream: a client that does not read loses it */

static void put_headers(struct evhttp_request *req, const char *type)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(req);

    evhttp_add_header(headers, "Content-Type", type);
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } REASONS[] = {
        {200, "OK"},
        {202, "Accepted"},
        {204, "No Content"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {415, "Unsupported Media Type"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(REASONS); i++)
        if (REASONS[i].status == status)
            return REASONS[i].reason;
    return "Bad Request";
}

static void reply(struct evhttp_request *req, int status, const char *json, size_t len)
{
    struct evbuffer *body = evbuffer_new();

    if (body != NULL && json != NULL) {
        put_headers(req, "application/json");
        evbuffer_add(body, json, len);
    }
    evhttp_send_reply(req, status, reason_of(status), body);
    if (body != NULL)
        evbuffer_free(body);
}

void http_refuse(struct evhttp_request *req, int status, int code, const char *id_text,
                 const char *message)
{
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);

    server_put_error(&out, id_text, code, message);
    reply(req, status, buf_text(&out), out.len);
    buf_release(&out);
}

/* ---- an exchange ---------------------------------------------------------------------------- */

static void unlink_exchange(struct exchange *x)
{
    struct exchange **place = &x->all->first;

    while (*place != NULL && *place != x)
        place = &(*place)->next;
    if (*place != NULL)
        *place = x->next;
}

static void exchange_free(struct exchange *x)
{
    struct exchanges *all = x->all;

    if (x->session != NULL && x->session->listening == x)
        x->session->listening = NULL;
    if (x->req != NULL)
        evhttp_connection_set_closecb(evhttp_request_get_connection(x->req), NULL, NULL);
    unlink_exchange(x);
    free(x);
    if (all->ended != NULL)
        all->ended(all->ctx);
}

/* The connection is gone. What belongs to a session goes on: its client may come back for the answer. */
static void on_closed(struct evhttp_connection *connection, void *ctx)
{
    struct exchange *x = ctx;

    (void)connection;
    x->req = NULL;
    if (x->session != NULL && !x->listening)
        return;
    if (x->all->server != NULL)
        server_forget(x->all->server, &x->own, NULL);
    exchange_free(x);
}

static void attach(struct exchange *x, struct evhttp_request *req)
{
    x->req = req;
    evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_closed, x);
}

/* ---- events ------------------------------------------------------------------------------------- */

static void send_event(struct exchange *x, uint32_t number, const char *json, size_t len)
{
    struct evbuffer *chunk = evbuffer_new();
    struct bufferevent *link =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(x->req));

    if (chunk == NULL)
        return;
    if (x->session != NULL)
        evbuffer_add_printf(chunk, "id: %u-%u\n", x->stream, number);
    evbuffer_add_printf(chunk, "%sdata: ", len > 0 ? "event: message\n" : "");
    evbuffer_add(chunk, json, len);
    evbuffer_add(chunk, "\n\n", 2);
    x->spoke_ns = clock_mono_ns();
    if (evbuffer_get_length(bufferevent_get_output(link)) < LIMIT_UNREAD)
        evhttp_send_reply_chunk(x->req, chunk);
    evbuffer_free(chunk);
}

void exchange_stream(struct exchange *x, bool primed)
{
    if (x->session != NULL && !x->listening && x->stream == 0)
        x->stream = ++x->session->streams;
    put_headers(x->req, "text/event-stream");
    evhttp_add_header(evhttp_request_get_output_headers(x->req), "X-Accel-Buffering", "no");
    evhttp_send_reply_start(x->req, 200, "OK");
    x->streaming = true;
    x->spoke_ns = clock_mono_ns();
    if (primed)
        send_event(x, x->told, "", 0);
}

void exchange_say(struct exchange *x, const char *json, size_t len)
{
    uint32_t *told = x->listening && x->session != NULL ? &x->session->told : &x->told;

    if (x->req != NULL && !x->streaming && x->may_stream)
        exchange_stream(x, false);
    if (!x->streaming)
        return;
    ++*told;
    if (x->session != NULL)
        session_keep(x->session, x->stream, *told, json, len);
    if (x->req != NULL)
        send_event(x, *told, json, len);
}

void exchange_replay(struct exchange *x, uint32_t stream, uint32_t after)
{
    const struct event_kept *kept;

    x->stream = stream;
    while ((kept = session_after(x->session, stream, after)) != NULL) {
        send_event(x, kept->number, kept->text, strlen(kept->text));
        after = kept->number;
    }
}

void exchange_hand(struct exchange *x, struct exchange *broken)
{
    struct evhttp_request *req = x->req;

    exchange_free(x);
    attach(broken, req);
    broken->streaming = true;
    broken->spoke_ns = clock_mono_ns();
}

void exchange_end(struct exchange *x)
{
    struct evhttp_request *req = x->req;
    bool streaming = x->streaming;

    exchange_free(x);
    if (req != NULL && streaming)
        evhttp_send_reply_end(req);
}

/* ---- the outlet --------------------------------------------------------------------------------- */

static struct exchange *of_outlet(struct outlet *outlet)
{
    return (struct exchange *)((char *)outlet - offsetof(struct exchange, outlet));
}

static void say(struct outlet *outlet, const char *json, size_t len)
{
    exchange_say(of_outlet(outlet), json, len);
}

/* Errors of single calls come with 200, as they do in a session; what is wrong with the request itself does not, in 2026-07-28. */
static int status_of(const struct exchange *x, int code, bool has_answer)
{
    if (!has_answer)
        return x->notification ? 202 : 204;
    if (x->session != NULL)
        return 200;
    switch (code) {
    case RPC_METHOD_NOT_FOUND:
        return 404;
    case RPC_PARSE_ERROR:
    case RPC_INVALID_REQUEST:
    case RPC_UNSUPPORTED_VERSION:
    case RPC_HEADER_MISMATCH:
        return 400;
    case RPC_INVALID_PARAMS:
        return x->meta_is_bad ? 400 : 200;
    default:
        return 200;
    }
}

static void finish(struct outlet *outlet, int code, const char *json, size_t len)
{
    struct exchange *x = of_outlet(outlet);
    struct session *failed = x->begins_session && code != 0 ? x->session : NULL;
    struct evhttp_request *req = x->req;

    if (x->streaming) {
        if (json != NULL)
            exchange_say(x, json, len);
        exchange_end(x);
        return;
    }
    if (req != NULL && x->begins_session && failed == NULL)
        evhttp_add_header(evhttp_request_get_output_headers(req), "Mcp-Session-Id", x->session->id);
    if (failed != NULL) {
        struct sessions *sessions = x->all->sessions;

        x->session = NULL;
        session_free(sessions, failed);
    }
    code = status_of(x, code, json != NULL);
    exchange_free(x);
    if (req != NULL)
        reply(req, code, json, len);
}

struct exchange *exchange_new(struct exchanges *all, struct evhttp_request *req)
{
    struct exchange *x = calloc(1, sizeof(*x));

    if (x == NULL) {
        http_refuse(req, 500, RPC_INTERNAL_ERROR, NULL, "memory is out");
        return NULL;
    }
    x->all = all;
    x->outlet = (struct outlet){say, finish};
    x->next = all->first;
    all->first = x;
    attach(x, req);
    return x;
}

/* ---- all of them -------------------------------------------------------------------------------- */

int exchange_fd(const struct exchange *x)
{
    struct evhttp_connection *connection =
        x->req != NULL ? evhttp_request_get_connection(x->req) : NULL;
    struct bufferevent *link =
        connection != NULL ? evhttp_connection_get_bufferevent(connection) : NULL;

    return link != NULL ? (int)bufferevent_getfd(link) : -1;
}

/* While evhttp waits for our answer it does not listen, so it is looked whether the other end has closed. */
static bool has_gone(const struct exchange *x)
{
    struct pollfd look = {.fd = exchange_fd(x), .events = POLLRDHUP};

    return look.fd >= 0 && poll(&look, 1, 0) > 0 &&
           (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void keep_awake(struct exchange *x, int64_t now)
{
    struct evbuffer *chunk;

    if (!x->streaming || now - x->spoke_ns < AWAKE_NS)
        return;
    chunk = evbuffer_new();
    if (chunk != NULL) {
        evbuffer_add_printf(chunk, ": still here\n\n");
        evhttp_send_reply_chunk(x->req, chunk);
        evbuffer_free(chunk);
    }
    x->spoke_ns = now;
}

void exchanges_watch(struct exchanges *all)
{
    int64_t now = clock_mono_ns();

    for (struct exchange *x = all->first, *next; x != NULL; x = next) {
        next = x->next;
        if (x->req == NULL)
            continue;
        if (has_gone(x))
            evhttp_connection_free(evhttp_request_get_connection(x->req));
        else
            keep_awake(x, now);
    }
}

void exchanges_drop(struct exchanges *all, struct session *session)
{
    server_forget(all->server, &session->peer, NULL);
    for (struct exchange *x = all->first, *next; x != NULL; x = next) {
        struct evhttp_request *req = x->req;

        next = x->next;
        if (x->session != session)
            continue;
        x->session = NULL;
        if (x->streaming) {
            exchange_end(x);
            continue;
        }
        exchange_free(x);
        if (req != NULL)
            http_refuse(req, 404, RPC_INVALID_REQUEST, NULL, "the session was ended");
    }
}

bool exchanges_busy(const struct exchanges *all)
{
    for (const struct exchange *x = all->first; x != NULL; x = x->next)
        if (!x->listening)
            return true;
    return false;
}
