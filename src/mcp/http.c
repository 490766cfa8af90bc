/*
 * http.c - the server over HTTP, at /mcp, by libevent's evhttp: which request goes where, and limits on connections.
 */
#include "base/base.h"

#include "base/clock.h"
#include "mcp/batch.h"
#include "mcp/http_check.h"
#include "mcp/http_exchange.h"
#include "mcp/http_watch.h"
#include "mcp/lines.h"
#include "mcp/server_private.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#define LIMIT_HEADER_BYTES (16 * 1024)
#define TICK_US 50000
#define GRACE_US 800000
#define FLUSH_US 30000

struct http {
    struct event_base *base;
    struct evhttp *evhttp;
    struct server *server;
    struct http_place place;
    struct exchanges exchanges;
    struct sessions sessions;
    struct http_watch watch;
    struct evhttp_bound_socket *bound[2];
    struct event *tick, *ending, *signals[3];
    bool stopping;
};

/* ---- requests ----------------------------------------------------------------------------------- */

static void refuse(struct evhttp_request *req, const struct http_refusal *no, const char *id_text)
{
    if (no->header != NULL)
        evhttp_add_header(evhttp_request_get_output_headers(req), no->header, no->value);
    http_refuse(req, no->status, no->code, id_text, no->message);
}

static bool wants_stateless(struct evhttp_request *req, const struct message *m)
{
    const char *version = http_header(req, "MCP-Protocol-Version");
    const json_t *meta = json_object_get(m->params, "_meta");

    return (version != NULL && strcmp(version, revision_name(REVISION_STATELESS)) == 0) ||
           json_object_get(meta, META_VERSION) != NULL ||
           (m->kind == MESSAGE_REQUEST && strcmp(m->method, "server/discover") == 0);
}

static bool meta_is_fine(const struct message *m)
{
    const json_t *meta = json_object_get(m->params, "_meta");

    return message_text(meta, META_VERSION) != NULL &&
           json_is_object(json_object_get(meta, META_CAPABILITIES));
}

static bool wants_progress(const struct message *m)
{
    return m->kind == MESSAGE_REQUEST &&
           json_object_get(json_object_get(m->params, "_meta"), "progressToken") != NULL;
}

static void take_stateless(struct http *h, struct evhttp_request *req, const struct message *m)
{
    struct http_refusal no = {0};
    struct exchange *x;

    if (m->kind == MESSAGE_REQUEST)
        no = http_check_mirror(req, m);
    else if (m->kind == MESSAGE_RESPONSE)
        no = (struct http_refusal){400, "nothing was asked: this revision has no such responses",
                                   NULL, NULL, RPC_INVALID_REQUEST};
    if (no.status != 0) {
        refuse(req, &no, m->id_text);
        return;
    }
    x = exchange_new(&h->exchanges, req);
    if (x == NULL)
        return;
    x->own.stateless_only = true;
    x->notification = m->kind != MESSAGE_REQUEST;
    x->meta_is_bad = !meta_is_fine(m);
    x->may_stream = http_accepts(req, "text/event-stream");
    x->listening = m->kind == MESSAGE_REQUEST && strcmp(m->method, "subscriptions/listen") == 0;
    server_take(h->server, &x->own, m, &x->outlet);
}

static void drop_session(struct session *session)
{
    struct http *h = session->owner;

    exchanges_drop(&h->exchanges, session);
    session_free(&h->sessions, session);
}

/* What belongs to no request goes to the stream that the client listens at, and is kept for it. */
static void tell(struct peer *peer, const char *json, size_t len)
{
    struct session *session = (struct session *)((char *)peer - offsetof(struct session, peer));

    if (session->listening != NULL)
        exchange_say(session->listening, json, len);
    else
        session_keep(session, 0, ++session->told, json, len);
}

/* The session of a request, or its refusal. */
static struct session *find_session(struct http *h, struct evhttp_request *req,
                                    struct http_refusal *no)
{
    const char *id = http_header(req, "Mcp-Session-Id");
    const char *version = http_header(req, "MCP-Protocol-Version");
    struct session *session = id != NULL ? session_find(&h->sessions, id) : NULL;

    *no = (struct http_refusal){0};
    if (id == NULL)
        *no = (struct http_refusal){400, "Mcp-Session-Id is missing: begin with initialize", NULL,
                                    NULL, RPC_INVALID_REQUEST};
    else if (session == NULL)
        *no = (struct http_refusal){404, "there is no such session: begin with initialize", NULL,
                                    NULL, RPC_INVALID_REQUEST};
    else if (version != NULL && revision_find(version) != session->peer.revision)
        *no = (struct http_refusal){400, "MCP-Protocol-Version is not the session's", NULL, NULL,
                                    RPC_INVALID_REQUEST};
    return no->status == 0 ? session : NULL;
}

static struct session *begin_session(struct http *h, struct evhttp_request *req,
                                     struct http_refusal *no)
{
    struct session *session = NULL;

    *no = (struct http_refusal){0};
    if (http_header(req, "Mcp-Session-Id") != NULL)
        *no = (struct http_refusal){400, "the session is initialized already", NULL, NULL,
                                    RPC_INVALID_REQUEST};
    else if ((session = session_new(&h->sessions, drop_session)) == NULL)
        *no = (struct http_refusal){500, "memory is out", NULL, NULL, RPC_INTERNAL_ERROR};
    if (session != NULL) {
        session->owner = h;
        session->peer.tell = tell;
    }
    return session;
}

static void take_in_session(struct http *h, struct evhttp_request *req, const struct message *m)
{
    bool begins = m->kind == MESSAGE_REQUEST && strcmp(m->method, "initialize") == 0;
    struct http_refusal no;
    struct session *session = begins ? begin_session(h, req, &no) : find_session(h, req, &no);
    struct exchange *x;

    if (session == NULL) {
        refuse(req, &no, m->id_text);
        return;
    }
    x = exchange_new(&h->exchanges, req);
    if (x == NULL)
        return;
    x->session = session;
    x->begins_session = begins;
    x->notification =
        m->kind == MESSAGE_NOTIFICATION || m->kind == MESSAGE_RESPONSE || m->kind == MESSAGE_BATCH;
    x->may_stream = http_accepts(req, "text/event-stream");
    /* Who may come back for an answer needs an event to come back to before there is one. */
    if (x->may_stream && wants_progress(m) && session->peer.revision >= REVISION_2025_11_25)
        exchange_stream(x, true);
    if (batch_is(&session->peer, m))
        batch_take(h->server, &session->peer, m, &x->outlet);
    else
        server_take(h->server, &session->peer, m, &x->outlet);
}

static void on_post(struct http *h, struct evhttp_request *req)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(req);
    struct http_refusal no = http_check_form(req);
    size_t len = evbuffer_get_length(body);
    const char *version = http_header(req, "MCP-Protocol-Version");
    struct message m;

    if (no.status != 0) {
        refuse(req, &no, NULL);
        return;
    }
    message_read(&m, len > 0 ? (const char *)evbuffer_pullup(body, -1) : "", len);
    if (m.kind == MESSAGE_BAD)
        http_refuse(req, 400, m.code, m.id_text, m.why);
    else if (wants_stateless(req, &m))
        take_stateless(h, req, &m);
    else if (version != NULL && revision_find(version) == REVISION_NONE)
        http_refuse(req, 400, RPC_INVALID_REQUEST, m.id_text,
                    "MCP-Protocol-Version is not one of 2024-11-05, 2025-03-26, 2025-06-18, "
                    "2025-11-25, 2026-07-28");
    else
        take_in_session(h, req, &m);
    message_release(&m);
}

static void refuse_method(struct evhttp_request *req)
{
    evhttp_add_header(evhttp_request_get_output_headers(req), "Allow", "POST, GET, DELETE");
    http_refuse(req, 405, RPC_INVALID_REQUEST, NULL, "the method is not allowed here");
}

static struct exchange *find_stream(struct http *h, const struct session *session, uint32_t stream)
{
    for (struct exchange *x = h->exchanges.first; x != NULL; x = x->next)
        if (x->session == session && x->req == NULL && x->stream == stream)
            return x;
    return NULL;
}

/* A client that comes back: what it missed of a stream, and then what is still to come of it. */
static void resume(struct http *h, struct exchange *x, const char *last)
{
    struct exchange *broken;
    unsigned stream = 0, number = 0;

    if (sscanf(last, "%u-%u", &stream, &number) != 2)
        return;
    exchange_replay(x, stream, number);
    if (stream == 0)
        return;
    x->listening = false;
    x->session->listening = NULL;
    broken = find_stream(h, x->session, stream);
    if (broken == NULL) {
        exchange_end(x);
        return;
    }
    exchange_hand(x, broken);
}

static void on_get(struct http *h, struct evhttp_request *req)
{
    const char *last = http_header(req, "Last-Event-ID");
    struct http_refusal no;
    struct session *session = find_session(h, req, &no);
    struct exchange *x;

    if (session == NULL) {
        refuse(req, &no, NULL);
        return;
    }
    if (!http_accepts(req, "text/event-stream")) {
        http_refuse(req, 406, RPC_INVALID_REQUEST, NULL, "Accept has to name text/event-stream");
        return;
    }
    x = exchange_new(&h->exchanges, req);
    if (x == NULL)
        return;
    x->session = session;
    x->listening = true;
    /* One stream gets the notifications: the newest. */
    if (session->listening != NULL)
        exchange_end(session->listening);
    session->listening = x;
    exchange_stream(x, false);
    if (last != NULL)
        resume(h, x, last);
}

static void on_delete(struct http *h, struct evhttp_request *req)
{
    struct http_refusal no;
    struct session *session = find_session(h, req, &no);

    if (session == NULL) {
        refuse(req, &no, NULL);
        return;
    }
    drop_session(session);
    evhttp_send_reply(req, 204, "No Content", NULL);
}

static void on_request(struct evhttp_request *req, void *ctx)
{
    struct http *h = ctx;
    enum evhttp_cmd_type method = evhttp_request_get_command(req);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    const char *version = http_header(req, "MCP-Protocol-Version");
    struct http_refusal no = http_check_sender(&h->place, req);
    bool stateless = http_header(req, "Mcp-Session-Id") == NULL ||
                     (version != NULL && strcmp(version, revision_name(REVISION_STATELESS)) == 0);

    http_watch_request(&h->watch, req);
    if (no.status != 0)
        refuse(req, &no, NULL);
    else if (path == NULL || strcmp(path, "/mcp") != 0)
        http_refuse(req, 404, RPC_INVALID_REQUEST, NULL, "the only address is /mcp");
    else if (h->stopping)
        http_refuse(req, 503, RPC_INTERNAL_ERROR, NULL, "the server is stopping");
    else if (method == EVHTTP_REQ_POST)
        on_post(h, req);
    else if (method == EVHTTP_REQ_GET && !stateless)
        on_get(h, req);
    else if (method == EVHTTP_REQ_DELETE && !stateless)
        on_delete(h, req);
    else
        refuse_method(req);
}

/* ---- beginning and end -------------------------------------------------------------------------- */

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct http *h = ctx;
    struct timeval tick = {0, TICK_US};

    (void)fd;
    (void)what;
    exchanges_watch(&h->exchanges);
    http_watch_look(&h->watch, &h->exchanges);
    event_add(h->tick, &tick);
}

/* What was said last may still be on its way out. */
static void stop_if_done(void *ctx)
{
    struct timeval soon = {0, FLUSH_US};
    struct http *h = ctx;

    if (h->stopping && !exchanges_busy(&h->exchanges))
        event_base_loopexit(h->base, &soon);
}

/* What is under way may end; nothing new begins. */
static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
    struct http *h = ctx;
    struct timeval grace = {0, GRACE_US};

    (void)fd;
    (void)what;
    if (h->stopping) {
        event_base_loopbreak(h->base);
        return;
    }
    h->stopping = true;
    for (size_t i = 0; i < ARRAY_SIZE(h->bound); i++)
        if (h->bound[i] != NULL)
            evconnlistener_disable(evhttp_bound_socket_get_listener(h->bound[i]));
    event_base_loopexit(h->base, &grace);
    server_end_streams(h->server);
    stop_if_done(h);
}

static int port_of(struct evhttp_bound_socket *bound)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);

    if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len) < 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

static int listen_at(struct http *h, const struct serve_options *options, struct error *err)
{
    const char *host = options->host != NULL ? options->host : "127.0.0.1";

    h->place =
        (struct http_place){.host = host,
                            .loopback = strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
                                        strcmp(host, "localhost") == 0,
                            .everywhere = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0,
                            .token = options->token};
    h->bound[0] = evhttp_bind_socket_with_handle(h->evhttp, host, (ev_uint16_t)options->port);
    if (h->bound[0] == NULL) {
        error_set_errno(err, ERR_SYSTEM, "cannot listen at '%s' port %d", host, options->port);
        return error_suggest(err, "give another --port, or 0 for any that is free");
    }
    h->place.port = port_of(h->bound[0]);
    /* "localhost" is often ::1 first. Where there is no such address the other one does. */
    if (options->host == NULL)
        h->bound[1] = evhttp_bind_socket_with_handle(h->evhttp, "::1", (ev_uint16_t)h->place.port);
    for (size_t i = 0; i < ARRAY_SIZE(h->bound); i++)
        h->watch.listeners[i] =
            h->bound[i] != NULL ? evhttp_bound_socket_get_listener(h->bound[i]) : NULL;
    h->watch.port = h->place.port;
    return 0;
}

static bool begin(struct http *h, const struct serve_options *options)
{
    static const int ENDING[] = {SIGTERM, SIGINT, SIGHUP};
    struct timeval tick = {0, TICK_US};
    bool fine = true;

    signal(SIGPIPE, SIG_IGN);
    http_watch_init(&h->watch);
    h->base = event_base_new();
    h->evhttp = h->base != NULL ? evhttp_new(h->base) : NULL;
    h->server = h->evhttp != NULL ? server_new(h->base, options) : NULL;
    h->tick = h->server != NULL ? event_new(h->base, -1, 0, on_tick, h) : NULL;
    if (h->tick == NULL)
        return false;
    h->exchanges = (struct exchanges){
        .server = h->server, .sessions = &h->sessions, .ended = stop_if_done, .ctx = h};
    evhttp_set_max_headers_size(h->evhttp, LIMIT_HEADER_BYTES);
    evhttp_set_max_body_size(h->evhttp, LIMIT_MESSAGE_BYTES);
    evhttp_set_timeout(h->evhttp, HTTP_WATCH_PATIENCE_S);
    evhttp_set_allowed_methods(h->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                              EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
                                              EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
                                              EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
    evhttp_set_default_content_type(h->evhttp, NULL);
    evhttp_set_gencb(h->evhttp, on_request, h);
    for (size_t i = 0; i < ARRAY_SIZE(ENDING); i++) {
        h->signals[i] = evsignal_new(h->base, ENDING[i], on_signal, h);
        fine = fine && h->signals[i] != NULL && event_add(h->signals[i], NULL) == 0;
    }
    return fine && event_add(h->tick, &tick) == 0;
}

static void release(struct http *h)
{
    server_free(h->server);
    h->exchanges.server = NULL;
    h->exchanges.ended = NULL;
    if (h->evhttp != NULL)
        evhttp_free(h->evhttp);
    while (h->exchanges.first != NULL)
        exchange_end(h->exchanges.first);
    while (h->sessions.first != NULL)
        session_free(&h->sessions, h->sessions.first);
    if (h->tick != NULL)
        event_free(h->tick);
    for (size_t i = 0; i < ARRAY_SIZE(h->signals); i++)
        if (h->signals[i] != NULL)
            event_free(h->signals[i]);
    if (h->base != NULL)
        event_base_free(h->base);
    http_watch_release(&h->watch);
}

int serve_http(const struct serve_options *options, struct error *err)
{
    struct http h = {0};
    int ret;

    if (!begin(&h, options))
        ret = error_set_errno(err, ERR_SYSTEM, "cannot serve over HTTP");
    else
        ret = listen_at(&h, options, err);
    if (ret == 0) {
        fprintf(stderr, "breadcrumb: listening on http://%s%s%s:%d/mcp\n",
                strchr(h.place.host, ':') != NULL ? "[" : "", h.place.host,
                strchr(h.place.host, ':') != NULL ? "]" : "", h.place.port);
        fflush(stderr);
        event_base_dispatch(h.base);
    }
    release(&h);
    return ret;
}
