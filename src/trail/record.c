/* record.c - see reader.h: the records of a thread stream, and how to go on behind damage. */
#include "base/base.h"

#include "base/limits.h"
#include "trail/in.h"

#define SYNC_MAGIC_BYTES 8
#define UV_MAX 10

static const struct trail_header *header_of(const struct trail_cursor *c)
{
    return (const struct trail_header *)(const void *)c->base;
}

void trail_cursor_init(struct trail_cursor *c, const struct trail_segment *seg, uint64_t offset,
                       uint64_t units, uint64_t committed, const struct trail_arity *arity)
{
    uint64_t first = seg->header->header_size;

    if (committed > seg->size)
        committed = seg->size;
    if (committed < first)
        committed = first;
    if (offset < first)
        offset = first;
    if (offset > committed)
        offset = committed;
    c->base = (const uint8_t *)seg->header;
    c->p = c->base + offset;
    c->end = c->base + committed;
    c->units = units;
    c->arity = arity;
    c->version = seg->header->version;
}

/* The values of one call of `code`: as many as its CODE record names arguments. */
static inline void get_values(struct trail_in *in, const struct trail_cursor *c, uint64_t code,
                              struct trail_record *r)
{
    const struct trail_arity *arity = c->arity;
    const uint8_t *from = in->p;
    unsigned n = arity != NULL && code < arity->ncodes ? arity->nargs[code] : UINT16_MAX;

    if (UNLIKELY(n == UINT16_MAX)) {
        trail_in_fail(in);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        if (UNLIKELY(!trail_skip(in, 0))) {
            trail_in_fail(in);
            return;
        }
    r->nvalues = n;
    r->values = (struct trail_bytes){from, (size_t)(in->p - from)};
}

static inline void get_value(struct trail_in *in, struct trail_record *r)
{
    const uint8_t *from = in->p;

    if (UNLIKELY(!trail_skip(in, 0))) {
        trail_in_fail(in);
        return;
    }
    r->nvalues = 1;
    r->values = (struct trail_bytes){from, (size_t)(in->p - from)};
}

static void check(struct trail_in *in, bool fine)
{
    if (!fine)
        trail_in_fail(in);
}

static void get_ref(struct trail_in *in, struct trail_ref *ref)
{
    *ref = (struct trail_ref){trail_get_uv(in), 0, 0};
    if (ref->back == 0) {
        ref->stream = trail_get_uv(in);
        ref->seq = trail_get_uv(in);
    }
}

static void get_call_from(struct trail_in *in, const struct trail_cursor *c, struct trail_record *r)
{
    r->flags = trail_get_uv(in);
    check(in, r->flags <=
                  (TRAIL_FROM_PARENT | TRAIL_FROM_CALLER | TRAIL_FROM_NO_PARENT | TRAIL_FROM_LATE));
    r->ref = (struct trail_ref){0, 0, 0};
    r->caller_code = r->at = 0;
    if (r->flags & TRAIL_FROM_PARENT)
        get_ref(in, &r->ref);
    if (r->flags & TRAIL_FROM_CALLER) {
        r->caller_code = trail_get_uv(in);
        r->at = trail_get_uv(in);
    }
    r->number = r->flags & TRAIL_FROM_LATE ? trail_get_uv(in) : 0;
    r->code = trail_get_uv(in);
    get_values(in, c, r->code, r);
}

static void get_raise(struct trail_in *in, struct trail_record *r)
{
    r->flags = trail_get_uv(in);
    check(in, r->flags <= (TRAIL_RAISE_FOREIGN | TRAIL_RAISE_MORE_FRAMES | TRAIL_RAISE_CONTEXT |
                           TRAIL_RAISE_IS_CAUSE));
    r->type = trail_get_uv(in);
    r->text = trail_get_text(in);
    r->nlist = trail_get_count(in, 2);
    check(in, r->nlist <= LIMIT_RAISE_FRAMES);
    r->list = trail_get_list(in, 2 * r->nlist);
    r->number = r->flags & TRAIL_RAISE_CONTEXT ? trail_get_uv(in) : 0;
}

/* `offset`: where the record starts. What follows a SYNC is timed from the SYNC's own ticks, so that the time is right
 * again behind damage. */
static void get_sync(struct trail_in *in, const struct trail_cursor *c, uint64_t offset,
                     struct trail_record *r)
{
    const struct trail_header *h = header_of(c);
    struct trail_bytes magic = trail_get_bytes(in, SYNC_MAGIC_BYTES);

    check(in, magic.len == SYNC_MAGIC_BYTES &&
                  memcmp(magic.data, TRAIL_SYNC_MAGIC, SYNC_MAGIC_BYTES) == 0);
    check(in, trail_get_uv(in) == offset);
    r->sync_ticks = trail_get_u64(in);
    r->sync_last_call = trail_get_uv(in);
    r->sync_last_exception = trail_get_uv(in);
    r->nlist = trail_get_count(in, 1);
    check(in, r->nlist <= TRAIL_SYNC_DEPTH);
    r->list = trail_get_list(in, r->nlist);
    r->units = r->sync_ticks > h->ticks ? (r->sync_ticks - h->ticks) >> (h->tick_shift & 63) : 0;
}

static void get_extra(struct trail_in *in, struct trail_record *r)
{
    r->flags = trail_get_uv(in);
    r->text = trail_get_text(in);
    r->number = r->number2 = 0;
    if ((r->flags == TRAIL_EXTRA_TASK || r->flags == TRAIL_EXTRA_THINNED) && !in->bad) {
        struct trail_in task = {r->text.data, r->text.data + r->text.len, false};

        r->number = trail_get_uv(&task);
        r->number2 = trail_get_uv(&task);
        check(in, !task.bad);
        if (r->flags == TRAIL_EXTRA_TASK && !task.bad)
            r->text = trail_get_bytes(&task, trail_in_left(&task));
    }
    if (r->flags == TRAIL_EXTRA_LINE && !in->bad) {
        struct trail_in line = {r->text.data, r->text.data + r->text.len, false};

        r->line_delta = trail_get_sv(&line);
        check(&line, trail_in_left(&line) > 0 && *line.p == TRAIL_TAG_DICT);
        get_value(&line, r);
        check(in, !line.bad && line.p == line.end);
    }
}

/* The kinds that are not on the short path of trail_cursor_next. */
static void get_rare(struct trail_in *in, const struct trail_cursor *c, uint64_t offset,
                     struct trail_record *r)
{
    switch (r->kind) {
    case TRAIL_CALL_FROM:
        get_call_from(in, c, r);
        break;
    case TRAIL_RAISE:
        get_raise(in, r);
        break;
    case TRAIL_RERAISE:
        r->number = trail_get_uv(in);
        break;
    case TRAIL_HANDLED:
        r->code = trail_get_uv(in);
        r->at = trail_get_uv(in);
        break;
    case TRAIL_END_OF:
        r->number = trail_get_uv(in);
        check(in, r->number <= TRAIL_END_UNSEEN);
        get_ref(in, &r->ref);
        r->nvalues = 0;
        r->values = (struct trail_bytes){in->p, 0};
        if (r->number == TRAIL_END_RETURNED)
            get_value(in, r);
        break;
    case TRAIL_SYNC:
        get_sync(in, c, offset, r);
        break;
    case TRAIL_LOSS:
        r->number2 = trail_get_uv(in);
        check(in, r->number2 > 0 && r->number2 < TRAIL_LOSS_CAUSES);
        r->code = trail_get_uv(in);
        r->number = trail_get_uv(in);
        break;
    case TRAIL_EXTRA:
        get_extra(in, r);
        break;
    case TRAIL_END:
        break;
    default:
        trail_in_fail(in);
        break;
    }
}

/* The uv that a record begins with. */
static inline uint64_t get_head(struct trail_in *in)
{
    uint64_t head;

    if (LIKELY(trail_in_left(in) >= 2 && in->p[0] >= 0x80 && in->p[1] < 0x80)) {
        head = (in->p[0] & 0x7fu) | (uint64_t)in->p[1] << 7; /* one or two bytes: nearly all */
        in->p += 2;
        return head;
    }
    return trail_get_uv(in);
}

/* A kind that has no head of its own; 0: it has, or is none. */
static inline enum trail_kind other_kind(uint64_t head, unsigned at)
{
    enum trail_kind kind = (enum trail_kind)(head >> at & TRAIL_HEAD_KINDS);

    return kind == TRAIL_CALL || kind == TRAIL_RETURN ? 0 : kind;
}

/* As read_head(), of segments that older versions wrote. */
static uint64_t read_old_head(uint64_t head, unsigned version, enum trail_kind *ret_kind)
{
    if (version < TRAIL_VERSION_HEADS_3) {
        *ret_kind = (enum trail_kind)(head & TRAIL_HEAD_KINDS);
        return head >> 4;
    }
    if (head & 1) {
        *ret_kind = (enum trail_kind)(head & 3);
        return head >> 2;
    }
    *ret_kind = other_kind(head, 1);
    return head >> 5;
}

/* What the head says. Returns the units; a kind that is none is 0. */
static inline uint64_t read_head(uint64_t head, unsigned version, enum trail_kind *ret_kind)
{
    if (UNLIKELY(version < TRAIL_VERSION_HEADS))
        return read_old_head(head, version, ret_kind);
    if (head & TRAIL_HEAD_CALL) {
        *ret_kind = TRAIL_CALL;
        return head >> TRAIL_HEAD_CALL_BITS;
    }
    if (LIKELY(head & TRAIL_HEAD_RETURN)) {
        *ret_kind = TRAIL_RETURN;
        return head >> TRAIL_HEAD_RETURN_BITS;
    }
    *ret_kind = other_kind(head, TRAIL_HEAD_KIND_AT);
    return head >> TRAIL_HEAD_OTHER_BITS;
}

int trail_cursor_next(struct trail_cursor *c, struct trail_record *ret_record)
{
    size_t left = (size_t)(c->end - c->p);
    /* No record is longer than this, so a damaged length cannot swallow more. */
    struct trail_in in = {c->p, c->p + (left < TRAIL_RECORD_BYTES ? left : TRAIL_RECORD_BYTES),
                          false};
    struct trail_record *r = ret_record;

    if (left == 0)
        return 0;
    r->units = c->units + read_head(get_head(&in), c->version, &r->kind);
    switch (r->kind) {
    case TRAIL_CALL:
        r->code = trail_get_uv(&in);
        r->at = trail_get_uv(&in);
        get_values(&in, c, r->code, r);
        break;
    case TRAIL_RETURN:
        get_value(&in, r);
        break;
    case TRAIL_YIELD:
    case TRAIL_UNWIND:
        break;
    case TRAIL_RESUME:
        get_ref(&in, &r->ref);
        r->flags = trail_get_uv(&in);
        check(&in, r->flags <= TRAIL_RESUME_THROWN);
        break;
    case TRAIL_LINE:
        r->line_delta = trail_get_sv(&in);
        break;
    default:
        get_rare(&in, c, (uint64_t)(c->p - c->base), r);
        break;
    }
    if (UNLIKELY(in.bad || (r->units < c->units && r->kind != TRAIL_SYNC)))
        return -1;
    c->p = in.p;
    c->units = r->units;
    return 1;
}

/* Does the magic at `magic` belong to a SYNC that is valid as a whole? Its own `offset` says where it begins. */
static const uint8_t *sync_start(const struct trail_cursor *c, const uint8_t *magic)
{
    struct trail_in in = {magic + SYNC_MAGIC_BYTES, c->end, false};
    uint64_t offset = trail_get_uv(&in);
    uint64_t at = (uint64_t)(magic - c->base);
    struct trail_cursor here = *c;
    struct trail_record r;

    if (in.bad || offset >= at || at - offset > UV_MAX || c->base + offset <= c->p)
        return NULL;
    here.p = c->base + offset;
    here.units = 0;
    if (trail_cursor_next(&here, &r) != 1 || r.kind != TRAIL_SYNC)
        return NULL;
    return c->base + offset;
}

size_t trail_cursor_resync(struct trail_cursor *c)
{
    const uint8_t *from = c->p;

    while (from < c->end) {
        const uint8_t *magic =
            memmem(from, (size_t)(c->end - from), TRAIL_SYNC_MAGIC, SYNC_MAGIC_BYTES);
        const uint8_t *start;

        if (magic == NULL)
            break;
        start = sync_start(c, magic);
        if (start != NULL) {
            size_t skipped = (size_t)(start - c->p);

            c->p = start;
            return skipped;
        }
        from = magic + 1;
    }
    c->p = c->end;
    return 0;
}
