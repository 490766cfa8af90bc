/* changes.c - see changes.h. */
#include "base/base.h"

#include "mcp/captured.h"
#include "mcp/changes.h"
#include "mcp/message.h"
#include "mcp/resources.h"
#include "settings/places.h"

#include <sys/stat.h>

#define LOOK_S 1
#define TRACES_WATCHED 20
#define TRACE_BYTES 64

/* How files look from outside. */
struct outside {
    struct timespec db_at, log_at, trails_at;
    off_t db_bytes, log_bytes;
};

struct changes {
    struct event *tick;
    struct pool *pool;                   /* Borrowed */
    const struct serve_options *options; /* Borrowed */
    struct subscriber *first;
    struct job *job; /* the look inside that is under way; NULL: none */
    struct outside outside;
    bool looked;    /* outside is filled */
    bool running;   /* a trace was growing at the last look inside */
    json_t *traces; /* Owned: the latest as they were; NULL: not looked yet */
};

/* ---- who hears what ------------------------------------------------------------------------------- */

/* A subscriber may leave while it is told: the next is taken before. */
static void tell_list(struct changes *c)
{
    for (struct subscriber *s = c->first, *next; s != NULL; s = next) {
        next = s->next;
        if (s->list)
            s->notify(s, "notifications/resources/list_changed", "");
    }
}

static const json_t *find_trace(const json_t *traces, const char *name)
{
    const json_t *trace;
    size_t i;

    if (strcmp(name, "last") == 0)
        return json_array_get(traces, 0);
    json_array_foreach((json_t *)traces, i, trace)
    {
        const char *id = message_text(trace, "id");

        if (id != NULL && strncasecmp(id, name, strlen(name)) == 0)
            return trace;
    }
    return NULL;
}

static void tell_updated(struct subscriber *s, const char *uri)
{
    struct buf params = BUF_INIT(LIMIT_ANSWER_BYTES);

    buf_puts(&params, "\"uri\":");
    captured_text(&params, uri, strlen(uri), 0);
    s->notify(s, "notifications/resources/updated", buf_text(&params));
    buf_release(&params);
}

static void tell_subscriber(struct subscriber *s, const json_t *before, const json_t *now)
{
    char name[TRACE_BYTES];

    for (size_t i = 0; i < json_array_size(s->uris); i++) {
        const char *uri = json_string_value(json_array_get(s->uris, i));
        const json_t *trace;

        if (uri == NULL || !resource_trace(uri, name, sizeof(name)))
            continue;
        trace = find_trace(now, name);
        if (trace != NULL && !json_equal(trace, find_trace(before, name)))
            tell_updated(s, uri);
    }
}

static bool same_ids(const json_t *a, const json_t *b)
{
    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++)
        if (!json_equal(json_object_get(json_array_get(a, i), "id"),
                        json_object_get(json_array_get(b, i), "id")))
            return false;
    return true;
}

static void looked_inside(void *ctx, enum job_end end, const char *text, size_t len)
{
    struct changes *c = ctx;
    json_t *now = end == JOB_ANSWERED ? json_loadb(text, len, 0, NULL) : NULL, *before = c->traces;

    c->job = NULL;
    if (now == NULL)
        return;
    c->traces = now;
    c->running = false;
    for (size_t i = 0; i < json_array_size(now); i++) {
        const char *status = message_text(json_array_get(now, i), "status");

        c->running = c->running || (status != NULL && strcmp(status, "running") == 0);
    }
    if (before == NULL || !same_ids(before, now))
        tell_list(c);
    for (struct subscriber *s = c->first, *next; s != NULL; s = next) {
        next = s->next;
        tell_subscriber(s, before, now);
    }
    json_decref(before);
}

/* ---- looking -------------------------------------------------------------------------------------- */

static bool look_outside(struct changes *c)
{
    char *db = c->options->database(c->options->ctx, NULL);
    char *trails = db != NULL ? places_trails(db) : NULL, log[LIMIT_PATH_BYTES];
    struct outside now;
    struct stat st;
    bool changed;

    memset(&now, 0, sizeof(now));
    if (db != NULL && stat(db, &st) == 0) {
        now.db_at = st.st_mtim;
        now.db_bytes = st.st_size;
    }
    snprintf(log, sizeof(log), "%s.wal", db != NULL ? db : "");
    if (db != NULL && stat(log, &st) == 0) {
        now.log_at = st.st_mtim;
        now.log_bytes = st.st_size;
    }
    if (trails != NULL && stat(trails, &st) == 0)
        now.trails_at = st.st_mtim;
    free(trails);
    free(db);
    changed = c->looked && memcmp(&now, &c->outside, sizeof(now)) != 0;
    c->outside = now;
    c->looked = true;
    return changed;
}

static bool anybody_subscribed(const struct changes *c)
{
    for (const struct subscriber *s = c->first; s != NULL; s = s->next)
        if (json_array_size(s->uris) > 0)
            return true;
    return false;
}

static void arm(struct changes *c)
{
    struct timeval tick = {LOOK_S, 0};

    if (c->first != NULL)
        event_add(c->tick, &tick);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct changes *c = ctx;
    bool changed = look_outside(c);

    (void)fd;
    (void)what;
    /* A trail grows without any file of a new size; and what nobody has looked at yet is new. */
    if (anybody_subscribed(c) && (c->running || c->traces == NULL))
        changed = true;
    if (changed && c->job == NULL)
        c->job =
            pool_submit(c->pool, json_pack("{s:s, s:i}", "kind", "traces", "limit", TRACES_WATCHED),
                        looked_inside, c);
    arm(c);
}

/* ---- the list ------------------------------------------------------------------------------------- */

struct changes *changes_new(struct event_base *base, struct pool *pool,
                            const struct serve_options *options)
{
    struct changes *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->pool = pool;
    c->options = options;
    c->tick = event_new(base, -1, 0, on_tick, c);
    if (c->tick == NULL) {
        free(c);
        return NULL;
    }
    return c;
}

void changes_free(struct changes *changes)
{
    if (changes == NULL)
        return;
    while (changes->first != NULL)
        changes_leave(changes, changes->first);
    json_decref(changes->traces);
    event_free(changes->tick);
    free(changes);
}

void changes_join(struct changes *changes, struct subscriber *subscriber)
{
    bool first = changes->first == NULL;

    if (subscriber->joined)
        return;
    subscriber->joined = true;
    subscriber->next = changes->first;
    changes->first = subscriber;
    if (first) {
        changes->looked = false;
        look_outside(changes);
        arm(changes);
    }
}

void changes_leave(struct changes *changes, struct subscriber *subscriber)
{
    struct subscriber **place = &changes->first;

    while (*place != NULL && *place != subscriber)
        place = &(*place)->next;
    if (*place != NULL)
        *place = subscriber->next;
    json_decref(subscriber->uris);
    subscriber->uris = NULL;
    subscriber->joined = false;
}

bool subscriber_add(struct subscriber *subscriber, const char *uri)
{
    if (subscriber->uris == NULL)
        subscriber->uris = json_array();
    subscriber_remove(subscriber, uri);
    return json_array_size(subscriber->uris) < LIMIT_SUBSCRIPTIONS &&
           json_array_append_new(subscriber->uris, json_string(uri)) == 0;
}

void subscriber_remove(struct subscriber *subscriber, const char *uri)
{
    for (size_t i = 0; i < json_array_size(subscriber->uris); i++)
        if (strcmp(json_string_value(json_array_get(subscriber->uris, i)), uri) == 0)
            json_array_remove(subscriber->uris, i--);
}
