/* http_session.c - see http_session.h. */
#include "base/base.h"

#include "base/clock.h"
#include "mcp/http_session.h"

#include <sys/random.h>

static bool make_id(char id[SESSION_ID_BYTES])
{
    unsigned char bytes[(SESSION_ID_BYTES - 1) / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return false;
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

struct session *session_new(struct sessions *all, void (*drop)(struct session *session))
{
    struct session *session = calloc(1, sizeof(*session)), *oldest = all->first;

    if (session == NULL || !make_id(session->id)) {
        free(session);
        return NULL;
    }
    for (struct session *s = all->first; s != NULL; s = s->next)
        if (s->used_ns < oldest->used_ns)
            oldest = s;
    if (all->n >= LIMIT_SESSIONS)
        drop(oldest);
    session->used_ns = clock_mono_ns();
    session->next = all->first;
    all->first = session;
    all->n++;
    return session;
}

struct session *session_find(struct sessions *all, const char *id)
{
    for (struct session *s = all->first; s != NULL; s = s->next) {
        if (strcmp(s->id, id) != 0)
            continue;
        s->used_ns = clock_mono_ns();
        return s;
    }
    return NULL;
}

void session_free(struct sessions *all, struct session *session)
{
    struct session **place = &all->first;

    while (*place != NULL && *place != session)
        place = &(*place)->next;
    if (*place != NULL) {
        *place = session->next;
        all->n--;
    }
    for (size_t i = 0; i < SESSION_EVENTS; i++)
        free(session->kept[i].text);
    free(session);
}

void session_keep(struct session *session, uint32_t stream, uint32_t number, const char *json,
                  size_t len)
{
    struct event_kept *kept = &session->kept[session->nkept % SESSION_EVENTS];

    if (len > LIMIT_SESSION_EVENT_BYTES)
        return;
    free(kept->text);
    *kept = (struct event_kept){stream, number, strndup(json, len)};
    session->nkept++;
}

const struct event_kept *session_after(const struct session *session, uint32_t stream,
                                       uint32_t number)
{
    const struct event_kept *best = NULL;

    for (size_t i = 0; i < SESSION_EVENTS; i++) {
        const struct event_kept *kept = &session->kept[i];

        if (kept->text != NULL && kept->stream == stream && kept->number > number &&
            (best == NULL || kept->number < best->number))
            best = kept;
    }
    return best;
}
