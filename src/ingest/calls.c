/* calls.c - see trace.h: open calls, where they stand, how they are found. */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/trace.h"

#define TEXT_KEPT 4096 /* a larger text buffer is not kept for the next call */

struct call *call_new(struct trace *t)
{
    struct call *c = t->free_calls;
    char *text;
    uint32_t room;

    if (c == NULL) {
        c = calloc(1, sizeof(*c));
        if (c == NULL)
            sink_fail(t->sink, ERR_FAILED, "memory is out");
        return c;
    }
    t->free_calls = c->next;
    text = c->text;
    room = c->room;
    *c = (struct call){.text = text, .room = room};
    return c;
}

void call_free(struct trace *t, struct call *c)
{
    if (c->room > TEXT_KEPT) {
        free(c->text);
        c->text = NULL;
        c->room = 0;
    }
    c->next = t->free_calls;
    t->free_calls = c;
}

bool call_set_text(struct trace *t, struct call *c, const char *text, size_t len)
{
    if (len > c->room) {
        size_t room = len < 64 ? 64 : len;
        char *more = realloc(c->text, room);

        if (more == NULL) {
            sink_fail(t->sink, ERR_FAILED, "memory is out");
            return false;
        }
        c->text = more;
        c->room = (uint32_t)room;
    }
    if (len > 0)
        memcpy(c->text, text, len);
    return true;
}

void stack_push(struct trace *t, struct stream *s, struct call *c)
{
    if (UNLIKELY(s->depth == s->stack_room)) {
        size_t room = s->stack_room > 0 ? s->stack_room * 2 : 64;
        struct call **more = realloc(s->stack, room * sizeof(struct call *));

        if (more == NULL) {
            sink_fail(t->sink, ERR_FAILED, "memory is out");
            call_free(t, c);
            return;
        }
        s->stack = more;
        s->stack_room = room;
    }
    c->stream = s->number;
    s->stack[s->depth++] = c;
}

/*
 * The time that a call was on the stack is its own, less that of the calls right above it. If it leaves from between two
 * others, the one above goes on, now right above the one below, and will be counted there from its own beginning.
 */
void stack_remove(struct stream *s, size_t place, int64_t now_ns)
{
    struct call *c = s->stack[place];
    int64_t until = now_ns;

    if (place + 1 < s->depth) {
        until = s->stack[place + 1]->since_ns;
        c->child_ns += now_ns - until;
    }
    if (place > 0)
        s->stack[place - 1]->child_ns += until - c->since_ns;
    memmove(&s->stack[place], &s->stack[place + 1], (s->depth - place - 1) * sizeof(struct call *));
    s->depth--;
    c->stream = 0;
}

struct stream *trace_stream(struct trace *t, uint32_t number)
{
    return idmap_get(&t->numbered, number);
}

struct stream *trace_add_stream(struct trace *t, uint32_t number)
{
    struct stream **more = realloc(t->streams, (t->nstreams + 1) * sizeof(struct stream *));
    struct stream *s = calloc(1, sizeof(*s));

    if (more != NULL)
        t->streams = more;
    if (s != NULL)
        s->number = number;
    if (more == NULL || s == NULL || !idmap_put(&t->numbered, number, s)) {
        free(s);
        return NULL;
    }
    t->streams[t->nstreams++] = s;
    return s;
}

static struct call *find_on_stack(struct stream *s, uint64_t id, size_t *ret_place)
{
    for (size_t i = s->depth; i-- > 0;) {
        if (s->stack[i]->id == id) {
            *ret_place = i;
            return s->stack[i];
        }
    }
    return NULL;
}

struct call *trace_find_call(struct trace *t, uint64_t id, struct stream **ret_stream,
                             size_t *ret_place)
{
    struct call *c = idmap_get(&t->suspended, id);
    struct stream *s;

    *ret_stream = NULL;
    *ret_place = 0;
    if (c != NULL)
        return c;
    /* Most likely where it began. */
    s = trace_stream(t, (uint32_t)(id >> TRAIL_CALL_SEQ_BITS));
    if (s != NULL && (c = find_on_stack(s, id, ret_place)) != NULL) {
        *ret_stream = s;
        return c;
    }
    for (size_t i = 0; i < t->nstreams; i++) {
        c = find_on_stack(t->streams[i], id, ret_place);
        if (c != NULL) {
            *ret_stream = t->streams[i];
            return c;
        }
    }
    return NULL;
}

static void destroy_call(struct call *c)
{
    free(c->text);
    free(c);
}

char *trace_run_dir(const struct trace *t)
{
    const char *slash = strrchr(t->dir, '/');

    return strndup(t->dir, slash != NULL ? (size_t)(slash - t->dir) : 0);
}

void trace_release(struct trace *t)
{
    for (size_t i = 0; i < t->nstreams; i++) {
        struct stream *s = t->streams[i];

        stream_close(s);
        for (size_t k = 0; k < s->depth; k++)
            destroy_call(s->stack[k]);
        free(s->stack);
        free(s);
    }
    free(t->streams);
    idmap_release(&t->numbered);
    for (size_t i = 0; i < t->suspended.room; i++) {
        if (t->suspended.slots[i].id != 0)
            destroy_call(t->suspended.slots[i].value);
    }
    idmap_release(&t->suspended);
    while (t->free_calls != NULL) {
        struct call *next = t->free_calls->next;

        destroy_call(t->free_calls);
        t->free_calls = next;
    }
    for (size_t i = 0; i < t->tasks.room; i++) {
        struct task *task = t->tasks.slots[i].value;

        if (task != NULL)
            free(task->name);
        free(task);
    }
    idmap_release(&t->tasks);
    for (size_t i = 0; i < EXCEPTIONS_KEPT; i++) {
        buf_release(&t->exceptions[i].message);
        buf_release(&t->exceptions[i].stack);
    }
    free(t->changes);
    free(t->losses);
    stats_free(t->stats);
    edges_free(t->edges);
    nodes_free(t->nodes);
    source_release(&t->sources);
    registry_release(&t->registry);
    buf_release(&t->scratch);
    free(t->dir);
}
