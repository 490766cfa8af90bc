/*
 * pattern_match.c - runs a pattern's program on a text: all its states at once, each at most once for each byte.
 *
 * The states of a list are in the order in which their matches began, because older ones are stepped first and a new one
 * comes last; so the first that reaches a step is the leftmost, and any later one there can be forgotten.
 */
#include "base/base.h"

#include "redact/pattern_private.h"

#define NOWHERE UINT32_MAX

static bool is_word(const char *bytes, size_t len, size_t at)
{
    unsigned char c;

    if (at >= len)
        return false;
    c = (unsigned char)bytes[at];
    return c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool holds(enum pattern_op op, const char *bytes, size_t len, size_t at)
{
    if (op == OP_START)
        return at == 0;
    if (op == OP_END)
        return at == len;
    return (at > 0 && is_word(bytes, len, at - 1)) != is_word(bytes, len, at);
}

static bool list_has(const struct pattern_list *list, uint32_t step)
{
    uint32_t place = list->place[step];

    return place < list->count && list->threads[place].step == step;
}

/* Adds a state and all that follow from it without taking a byte. `open` and `close` may be carried over to a neighbour that
 * has not passed them yet; it will, and sets them again, because nothing goes around a mark. */
static void add(struct pattern *p, struct pattern_list *list, struct pattern_thread thread,
                const char *bytes, size_t len, size_t at)
{
    uint32_t n = 0;

    p->stack[n++] = thread.step;
    while (n > 0) {
        const struct pattern_step *s;

        thread.step = p->stack[--n];
        if (list_has(list, thread.step))
            continue;
        list->place[thread.step] = list->count;
        list->threads[list->count++] = thread;
        s = &p->steps[thread.step];
        switch ((enum pattern_op)s->op) {
        case OP_JUMP:
            p->stack[n++] = s->x;
            break;
        case OP_SPLIT:
            p->stack[n++] = s->y;
            p->stack[n++] = s->x;
            break;
        case OP_START:
        case OP_END:
        case OP_BORDER:
            if (holds((enum pattern_op)s->op, bytes, len, at))
                p->stack[n++] = thread.step + 1;
            break;
        case OP_OPEN:
            thread.open = (uint32_t)at;
            p->stack[n++] = thread.step + 1;
            break;
        case OP_CLOSE:
            thread.close = (uint32_t)at;
            p->stack[n++] = thread.step + 1;
            break;
        case OP_SET:
        case OP_MATCH:
            break;
        }
    }
}

static bool closes_empty(struct pattern *p)
{
    struct pattern_thread thread = {0, 0, NOWHERE, NOWHERE};
    uint32_t i;

    /* With every assertion taken as true, is MATCH reached without a byte? */
    for (i = 0; i < p->nsteps; i++)
        p->now.place[i] = 0;
    p->now.count = 0;
    p->stack[0] = 0;
    for (uint32_t n = 1; n > 0;) {
        const struct pattern_step *s;

        thread.step = p->stack[--n];
        if (list_has(&p->now, thread.step))
            continue;
        p->now.place[thread.step] = p->now.count;
        p->now.threads[p->now.count++] = thread;
        s = &p->steps[thread.step];
        if (s->op == OP_MATCH)
            return true;
        if (s->op == OP_SET) {
            for (i = 0; i < 4; i++)
                p->first.bits[i] |= p->sets[s->x].bits[i];
            continue;
        }
        if (s->op == OP_SPLIT)
            p->stack[n++] = s->y;
        p->stack[n++] = s->op == OP_SPLIT || s->op == OP_JUMP ? s->x : thread.step + 1;
    }
    return false;
}

bool pattern_prepare(struct pattern *p, bool *ret_empty)
{
    p->now.threads = calloc(p->nsteps, sizeof(*p->now.threads));
    p->now.place = calloc(p->nsteps, sizeof(*p->now.place));
    p->next.threads = calloc(p->nsteps, sizeof(*p->next.threads));
    p->next.place = calloc(p->nsteps, sizeof(*p->next.place));
    p->stack = calloc((size_t)p->nsteps * 2 + 2, sizeof(*p->stack));
    if (p->now.threads == NULL || p->now.place == NULL || p->next.threads == NULL ||
        p->next.place == NULL || p->stack == NULL)
        return false;
    *ret_empty = closes_empty(p);
    return !*ret_empty;
}

static void swap(struct pattern *p)
{
    struct pattern_list list = p->now;

    p->now = p->next;
    p->next = list;
    p->next.count = 0;
}

/* Takes one byte (c < 0: the end, where nothing is taken); notes the best match. */
static void step(struct pattern *p, const char *bytes, size_t len, size_t at,
                 struct pattern_thread *best, size_t *ret_end)
{
    int c = at < len ? (unsigned char)bytes[at] : -1;
    uint32_t i;

    for (i = 0; i < p->now.count; i++) {
        struct pattern_thread thread = p->now.threads[i];
        const struct pattern_step *s = &p->steps[thread.step];

        if (thread.start > best->start)
            break;
        if (s->op == OP_MATCH && (thread.start < best->start || at > *ret_end)) {
            *best = thread;
            *ret_end = at;
        } else if (s->op == OP_SET && c >= 0 && pattern_set_has(&p->sets[s->x], (unsigned char)c)) {
            thread.step++;
            add(p, &p->next, thread, bytes, len, at + 1);
        }
    }
}

/* The next place from `at` on where a match may begin; `len` when there is none. */
static size_t next_start(const struct pattern *p, const char *bytes, size_t len, size_t at)
{
    while (at < len && !pattern_set_has(&p->first, (unsigned char)bytes[at]))
        at++;
    return at;
}

/* The secret part of a match. */
static void take_span(const struct pattern_thread *match, size_t end, struct redact_span *span)
{
    bool marked = match->open != NOWHERE && match->close != NOWHERE && match->close > match->open;

    /* where the marked part is empty: all of it, rather than nothing */
    span->start = marked ? match->open : match->start;
    span->end = marked ? match->close : end;
}

bool pattern_find(struct pattern *p, const char *bytes, size_t len, size_t from,
                  struct redact_span *span)
{
    struct pattern_thread best = {0, NOWHERE, NOWHERE, NOWHERE};
    size_t at, end = 0;

    p->now.count = p->next.count = 0;
    if (len >= NOWHERE)
        len = NOWHERE - 1;
    for (at = from; at <= len; at++) {
        if (p->now.count == 0) {
            if (best.start != NOWHERE)
                break;
            at = next_start(p, bytes, len, at);
        }
        if (best.start == NOWHERE && at < len &&
            pattern_set_has(&p->first, (unsigned char)bytes[at])) {
            struct pattern_thread thread = {0, (uint32_t)at, NOWHERE, NOWHERE};

            add(p, &p->now, thread, bytes, len, at);
        }
        step(p, bytes, len, at, &best, &end);
        swap(p);
    }
    if (best.start == NOWHERE)
        return false;
    take_span(&best, end, span);
    return true;
}
