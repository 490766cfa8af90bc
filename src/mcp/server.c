/* server.c - see server.h: which method in which revision, and the life of a request. */
#include "base/base.h"

#include "base/clock.h"
#include "mcp/server_private.h"
#include "render/escape.h"

#define FIRST_PROGRESS_NS 200000000LL
#define PROGRESS_NS 1000000000LL
#define TICK_US 100000
#define LIMIT_REQUESTS 512  /* under way at a time */
#define LIMIT_LISTENING 128 /* of them may stay open for notifications: the rest is for answers */

enum eras {
    OF_SESSIONS = 1 << 0,  /* revisions with initialize */
    OF_STATELESS = 1 << 1, /* 2026-07-28 */
    OF_BOTH = OF_SESSIONS | OF_STATELESS,
    OF_EARLY = 1 << 2, /* before initialize too */
};

struct server {
    struct pool *pool;
    struct changes *changes;
    struct request *requests; /* those under way */
    size_t nrequests;
    struct event *tick;
    bool ticking;
};

/* ---- answers ------------------------------------------------------------------------------------ */

void server_put_error(struct buf *out, const char *id_text, int code, const char *message)
{
    buf_putf(out, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,\"message\":",
             id_text != NULL ? id_text : "null", code);
    escape_json(out, message, strlen(message));
    buf_puts(out, "}}");
}

static void request_free(struct request *r)
{
    changes_leave(r->server->changes, &r->subscriber);
    json_decref(r->params);
    free(r->id_text);
    free(r->progress_token);
    free(r);
}

static void unlink_request(struct request *r)
{
    struct request **place = &r->server->requests;

    while (*place != NULL && *place != r)
        place = &(*place)->next;
    if (*place == NULL)
        return;
    *place = r->next;
    r->server->nrequests--;
}

static void finish(struct request *r, int code, const struct buf *text)
{
    struct outlet *outlet = r->outlet;

    unlink_request(r);
    request_free(r);
    if (text->failed) {
        outlet->finish(outlet, RPC_INTERNAL_ERROR, NULL, 0);
        return;
    }
    outlet->finish(outlet, code, buf_text(text), text->len);
}

void request_answer(struct request *r, const char *members)
{
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);

    buf_putf(&out, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{", r->id_text);
    if (request_stateless(r)) {
        buf_puts(&out, "\"resultType\":\"complete\"");
        if (members[0] != '\0')
            buf_putc(&out, ',');
    }
    buf_puts(&out, members);
    if (request_stateless(r))
        buf_putf(&out, ",\"_meta\":{\"" META_SERVER "\":%s}", server_info(r->revision));
    buf_puts(&out, "}}");
    finish(r, 0, &out);
    buf_release(&out);
}

void request_fail(struct request *r, int code, const char *data, const char *format, ...)
{
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);
    char message[512];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    server_put_error(&out, r->id_text, code, message);
    if (data != NULL && !out.failed) {
        out.len -= 2; /* the braces */
        buf_putf(&out, ",\"data\":%s}}", data);
    }
    finish(r, code, &out);
    buf_release(&out);
}

void request_put_cache(const struct request *r, int64_t ttl_ms, bool is_public, struct buf *members)
{
    if (request_stateless(r))
        buf_putf(members, ",\"ttlMs\":%lld,\"cacheScope\":\"%s\"", (long long)ttl_ms,
                 is_public ? "public" : "private");
}

/* ---- jobs --------------------------------------------------------------------------------------- */

static void job_ended(void *ctx, enum job_end end, const char *text, size_t len)
{
    struct request *r = ctx;

    r->job = NULL;
    r->done(r, end, text, len);
}

static void arm(struct server *server)
{
    struct timeval tick = {0, TICK_US};

    if (!server->ticking)
        event_add(server->tick, &tick);
    server->ticking = true;
}

void request_hand_over(struct request *r, json_t *job,
                       void (*done)(struct request *r, enum job_end end, const char *text,
                                    size_t len))
{
    r->done = done;
    r->job = pool_submit(r->server->pool, job, job_ended, r);
    if (r->job == NULL)
        request_fail(r, RPC_INTERNAL_ERROR, NULL, "too many requests are waiting: try again");
    else if (r->progress_token != NULL)
        arm(r->server);
}

static void tell_progress(struct request *r, int64_t now)
{
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);
    double seconds = (double)(now - r->begun_ns) / 1e9;

    buf_putf(&out,
             "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{"
             "\"progressToken\":%s,\"progress\":%.1f",
             r->progress_token, seconds);
    if (r->revision >= REVISION_2025_03_26)
        buf_putf(&out, ",\"message\":\"asking the database for %.1f s\"", seconds);
    buf_puts(&out, "}}");
    r->told_ns = now;
    r->outlet->say(r->outlet, buf_text(&out), out.len);
    buf_release(&out);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct server *server = ctx;
    int64_t now = clock_mono_ns();
    bool more = false;

    (void)fd;
    (void)what;
    server->ticking = false;
    for (struct request *r = server->requests, *next; r != NULL; r = next) {
        int64_t since = r->told_ns != 0 ? r->told_ns : r->begun_ns;

        next = r->next;
        if (r->progress_token == NULL || r->job == NULL)
            continue;
        more = true;
        if (now - since >= (r->told_ns != 0 ? PROGRESS_NS : FIRST_PROGRESS_NS))
            tell_progress(r, now);
    }
    if (more)
        arm(server);
}

/* ---- changes ------------------------------------------------------------------------------------ */

bool server_may_listen(const struct server *server)
{
    size_t n = 0;

    for (const struct request *r = server->requests; r != NULL; r = r->next)
        n += r->subscriber.joined;
    return n < LIMIT_LISTENING;
}

void server_listen(struct request *r)
{
    changes_join(r->server->changes, &r->subscriber);
}

/* The specification has two words for it, a notification and a response: clients that know one of them know that no more will come. */
static void end_stream(struct request *r)
{
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);

    buf_putf(&out,
             "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
             "\"requestId\":%s,\"reason\":\"the server stops\",\"_meta\":{\"" META_SUBSCRIPTION
             "\":%s}}}",
             r->id_text, r->id_text);
    r->outlet->say(r->outlet, buf_text(&out), out.len);
    buf_clear(&out);
    buf_putf(&out,
             "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"resultType\":\"complete\",\"_meta\":{"
             "\"" META_SUBSCRIPTION "\":%s,\"" META_SERVER "\":%s}}}",
             r->id_text, r->id_text, server_info(r->revision));
    finish(r, 0, &out);
    buf_release(&out);
}

void server_end_streams(struct server *server)
{
    for (struct request *r = server->requests, *next; r != NULL; r = next) {
        next = r->next;
        if (r->subscriber.joined)
            end_stream(r);
    }
}

static void notify_peer(struct subscriber *subscriber, const char *method, const char *params)
{
    struct peer *peer = (struct peer *)((char *)subscriber - offsetof(struct peer, subscriber));
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);

    if (params[0] != '\0')
        buf_putf(&out, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":{%s}}", method, params);
    else
        buf_putf(&out, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\"}", method);
    peer->tell(peer, buf_text(&out), out.len);
    buf_release(&out);
}

void server_join(struct server *server, struct peer *peer)
{
    if (peer->tell == NULL)
        return;
    peer->subscriber.notify = notify_peer;
    peer->subscriber.list = true;
    changes_join(server->changes, &peer->subscriber);
}

/* ---- methods ------------------------------------------------------------------------------------ */

static const struct method {
    const char *name;
    unsigned eras; /* enum eras */
    void (*run)(struct request *r);
} METHODS[] = {
    {"initialize", OF_SESSIONS | OF_EARLY, method_initialize},
    {"ping", OF_SESSIONS | OF_EARLY, method_ping},
    {"server/discover", OF_STATELESS, method_discover},
    {"tools/list", OF_BOTH, method_tools_list},
    {"tools/call", OF_BOTH, method_tools_call},
    {"resources/list", OF_BOTH, method_resources_list},
    {"resources/templates/list", OF_BOTH, method_templates_list},
    {"resources/read", OF_BOTH, method_resources_read},
    {"resources/subscribe", OF_SESSIONS, method_subscribe},
    {"resources/unsubscribe", OF_SESSIONS, method_unsubscribe},
    {"subscriptions/listen", OF_STATELESS, method_listen},
    {"prompts/list", OF_BOTH, method_prompts_list},
    {"prompts/get", OF_BOTH, method_prompts_get},
    {"completion/complete", OF_BOTH, method_complete},
};

static const struct method *method_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(METHODS); i++)
        if (strcmp(METHODS[i].name, name) == 0)
            return &METHODS[i];
    return NULL;
}

/* What 2026-07-28 wants of each request. False: it was answered. */
static bool check_meta(struct request *r)
{
    const json_t *meta = json_object_get(r->params, "_meta");
    const char *version = message_text(meta, META_VERSION);
    const json_t *client = json_object_get(meta, META_CLIENT);
    json_t *data;
    char *text;

    if (version == NULL) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "_meta needs " META_VERSION);
        return false;
    }
    if (strcmp(version, revision_name(REVISION_STATELESS)) != 0) {
        data = json_pack("{s:o, s:s}", "supported", json_loads(revision_list(), 0, NULL),
                         "requested", version);
        text = message_dump(data);
        request_fail(r, RPC_UNSUPPORTED_VERSION, text, "Unsupported protocol version");
        json_decref(data);
        free(text);
        return false;
    }
    if (!json_is_object(json_object_get(meta, META_CAPABILITIES)) ||
        (client != NULL && !json_is_object(client))) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "_meta needs " META_CAPABILITIES);
        return false;
    }
    return true;
}

static bool is_stateless(const struct peer *peer, const struct message *m)
{
    const json_t *meta = json_object_get(m->params, "_meta");

    return peer->stateless_only || json_object_get(meta, META_VERSION) != NULL ||
           strcmp(m->method, "server/discover") == 0;
}

static struct request *request_new(struct server *server, struct peer *peer,
                                   const struct message *m, struct outlet *outlet)
{
    struct request *r = calloc(1, sizeof(*r));
    const json_t *token = json_object_get(json_object_get(m->params, "_meta"), "progressToken");

    if (r == NULL)
        return NULL;
    r->server = server;
    r->peer = peer;
    r->outlet = outlet;
    r->id_text = strdup(m->id_text);
    r->params = json_incref(m->params);
    r->begun_ns = clock_mono_ns();
    r->revision = is_stateless(peer, m) ? REVISION_STATELESS : peer->revision;
    if (json_is_string(token) || json_is_integer(token))
        r->progress_token = message_dump(token);
    r->next = server->requests;
    server->requests = r;
    server->nrequests++;
    return r;
}

static void take_request(struct server *server, struct peer *peer, const struct message *m,
                         struct outlet *outlet)
{
    const struct method *method = method_find(m->method);
    struct request *r = NULL;
    struct buf busy = BUF_INIT(LIMIT_ANSWER_BYTES);

    if (server->nrequests < LIMIT_REQUESTS)
        r = request_new(server, peer, m, outlet);
    if (r == NULL) {
        server_put_error(&busy, m->id_text, RPC_INTERNAL_ERROR,
                         "too many requests are under way: try again");
        outlet->finish(outlet, RPC_INTERNAL_ERROR, buf_text(&busy), busy.len);
        buf_release(&busy);
        return;
    }
    if (request_stateless(r)) {
        if (method == NULL || !(method->eras & OF_STATELESS))
            request_fail(r, RPC_METHOD_NOT_FOUND, NULL, "Method not found: %.100s", m->method);
        else if (check_meta(r))
            method->run(r);
        return;
    }
    if (method == NULL || !(method->eras & OF_SESSIONS))
        request_fail(r, RPC_METHOD_NOT_FOUND, NULL, "Method not found: %.100s", m->method);
    else if (peer->revision == REVISION_NONE && !(method->eras & OF_EARLY))
        request_fail(r, RPC_INVALID_REQUEST, NULL, "the session begins with initialize");
    else
        method->run(r);
}

/* ---- notifications ------------------------------------------------------------------------------ */

static void drop(struct request *r)
{
    if (r->job != NULL)
        pool_cancel(r->server->pool, r->job);
    unlink_request(r);
    request_free(r);
}

static void cancel(struct server *server, const struct peer *peer, const struct message *m)
{
    const json_t *id = json_object_get(m->params, "requestId");
    char *id_text = id != NULL ? message_dump(id) : NULL;

    for (struct request *r = server->requests; id_text != NULL && r != NULL; r = r->next) {
        if (r->peer == peer && strcmp(r->id_text, id_text) == 0) {
            struct outlet *outlet = r->outlet;

            drop(r);
            outlet->finish(outlet, 0, NULL, 0);
            break;
        }
    }
    free(id_text);
}

/* ---- the server --------------------------------------------------------------------------------- */

void server_take(struct server *server, struct peer *peer, const struct message *m,
                 struct outlet *outlet)
{
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);

    switch (m->kind) {
    case MESSAGE_REQUEST:
        take_request(server, peer, m, outlet);
        return;
    case MESSAGE_NOTIFICATION:
        if (strcmp(m->method, "notifications/cancelled") == 0)
            cancel(server, peer, m);
        outlet->finish(outlet, 0, NULL, 0);
        return;
    case MESSAGE_RESPONSE:
        outlet->finish(outlet, 0, NULL, 0);
        return;
    case MESSAGE_BATCH:
        server_put_error(&out, NULL, RPC_INVALID_REQUEST, "batches are not part of this revision");
        outlet->finish(outlet, RPC_INVALID_REQUEST, buf_text(&out), out.len);
        break;
    case MESSAGE_BAD:
        server_put_error(&out, m->id_text, m->code, m->why);
        outlet->finish(outlet, m->code, buf_text(&out), out.len);
        break;
    }
    buf_release(&out);
}

void server_forget(struct server *server, struct peer *peer, const struct outlet *outlet)
{
    for (struct request *r = server->requests, *next; r != NULL; r = next) {
        next = r->next;
        if ((outlet != NULL && r->outlet == outlet) || (outlet == NULL && r->peer == peer))
            drop(r);
    }
    if (outlet == NULL)
        changes_leave(server->changes, &peer->subscriber);
}

bool server_busy(const struct server *server)
{
    for (const struct request *r = server->requests; r != NULL; r = r->next)
        if (!r->subscriber.joined)
            return true;
    return false;
}

struct server *server_new(struct event_base *base, const struct serve_options *options)
{
    struct server *server = calloc(1, sizeof(*server));

    if (server == NULL)
        return NULL;
    server->pool = pool_new(base, options);
    server->tick = event_new(base, -1, 0, on_tick, server);
    if (server->pool != NULL)
        server->changes = changes_new(base, server->pool, options);
    if (server->changes == NULL || server->tick == NULL) {
        server_free(server);
        return NULL;
    }
    return server;
}

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    pool_free(server->pool);
    while (server->requests != NULL) {
        struct request *r = server->requests;

        server->requests = r->next;
        request_free(r);
    }
    changes_free(server->changes);
    if (server->tick != NULL)
        event_free(server->tick);
    free(server);
}
