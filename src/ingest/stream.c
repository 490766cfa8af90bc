/*
 * stream.c - see trace.h: one thread stream's records, from segment to segment, up to what was committed when this ingest
 * began. Damage is skipped here; what it means for the stack is restore.c's.
 */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/trace.h"

/* ---- looking ---------------------------------------------------------------------------------- */

struct looking {
    struct trace *trace;
    bool no_memory;
};

static int look_at_stream(void *ctx, uint32_t number, uint32_t first, uint32_t last, uint64_t bytes)
{
    struct looking *l = ctx;
    struct trail_segment seg;
    enum trail_state state;
    struct stream *s;
    int opened;

    (void)bytes;
    if (number == 0)
        return 0;
    s = trace_stream(l->trace, number);
    if (s == NULL && (s = trace_add_stream(l->trace, number)) != NULL)
        s->segment = first;
    if (s == NULL) {
        l->no_memory = true;
        return 1;
    }
    if (s->segment <
        first) { /* what lay between is gone: it was consumed, or somebody removed it */
        s->segment = first;
        s->offset = s->units = 0;
        s->lost = true;
    }
    s->first_segment = first;
    s->limit_segment = last;
    s->limit = 0;
    opened = trail_segment_open(&seg, l->trace->dir, number, last);
    if (opened == TRAIL_OPENED) {
        s->limit = trail_segment_committed(&seg, &state);
        s->from = seg.header->ticks;
        s->from_segment = last;
        trail_segment_close(&seg);
    } else if (opened == TRAIL_FOREIGN) {
        l->trace->foreign = true;
    }
    return 0;
}

int streams_look(struct trace *t, struct error *err)
{
    struct looking l = {t, false};
    int r = trail_dir_streams(t->dir, look_at_stream, &l);

    if (l.no_memory)
        return error_set(err, ERR_FAILED, "memory is out");
    if (r < 0) {
        errno = -r;
        return error_set_errno(err, ERR_SYSTEM, "cannot read the trail '%s'", t->dir);
    }
    return 0;
}

/* ---- reading ---------------------------------------------------------------------------------- */

void stream_close(struct stream *s)
{
    if (s->open)
        trail_segment_close(&s->seg);
    s->open = false;
    s->has_record = false;
}

static void next_segment(struct stream *s)
{
    stream_close(s);
    s->segment++;
    s->offset = 0;
    s->units = 0;
    s->sealed = false;
}

/* Was the open segment left for a next one? That one was whole before this was sealed. */
static bool is_sealed(const struct stream *s)
{
    enum trail_state state;

    trail_segment_committed(&s->seg, &state);
    return state == TRAIL_SEALED;
}

/* A segment that cannot be read is a loss as a whole. */
static void lose_bytes(struct stream *s)
{
    s->lost = true;
    s->lost_bytes += sizeof(struct trail_header);
}

static void lose_segment(struct stream *s)
{
    lose_bytes(s);
    next_segment(s);
}

/* Opens the segment at hand. False: none to open now. */
static bool open_segment(struct trace *t, struct stream *s)
{
    enum trail_state state;
    uint64_t committed;
    int opened;

    while (s->segment <= s->limit_segment) {
        opened = trail_segment_open(&s->seg, t->dir, s->number, s->segment);
        if (opened == TRAIL_OPENED) {
            committed = trail_segment_committed(&s->seg, &state);
            if (s->segment == s->limit_segment && committed > s->limit)
                committed = s->limit;
            trail_cursor_init(&s->cursor, &s->seg, s->offset, s->units, committed, &t->arity);
            s->offset = (uint64_t)(s->cursor.p - s->cursor.base);
            s->thread_id = s->seg.header->tid;
            s->open = true;
            return true;
        }
        /* One of another version between those of ours is damaged. */
        if (s->segment == s->limit_segment && (t->alive || (opened != TRAIL_GARBAGE && !s->sealed)))
            return false;
        lose_segment(s);
    }
    return false;
}

static void skip_damage(struct stream *s)
{
    const uint8_t *before = s->cursor.p;
    size_t skipped = trail_cursor_resync(&s->cursor);

    if (skipped == 0)
        skipped = (size_t)(s->cursor.p - before);
    s->lost_bytes += skipped;
    s->lost = true;
    s->offset = (uint64_t)(s->cursor.p - s->cursor.base);
    s->units = s->cursor.units;
}

uint64_t stream_not_before(const struct stream *s)
{
    return s->from_segment == s->segment ? s->from : 0;
}

bool stream_peek(struct trace *t, struct stream *s)
{
    while (!s->has_record && !s->at_end) {
        int more;

        if (!s->open && !open_segment(t, s)) {
            s->at_end = true;
            break;
        }
        more = trail_cursor_next(&s->cursor, &s->record);
        if (LIKELY(more > 0)) {
            s->has_record = true;
            s->ticks = s->seg.header->ticks + (s->record.units << (s->seg.header->tick_shift & 63));
        } else if (more < 0) {
            skip_damage(s);
        } else if (s->segment < s->limit_segment) {
            bool sealed = is_sealed(s);

            next_segment(s);
            s->sealed = sealed;
        } else {
            /* The one that it was sealed for has gone. */
            if (!t->alive && !s->lost && is_sealed(s))
                lose_bytes(s);
            stream_close(s);
            s->at_end = true;
        }
    }
    return s->has_record && s->ticks <= t->cutoff;
}

void stream_advance(struct trace *t, struct stream *s)
{
    uint64_t offset = (uint64_t)(s->cursor.p - s->cursor.base);

    s->has_record = false;
    t->bytes += offset - s->offset;
    t->sink->bytes += offset - s->offset;
    s->offset = offset;
    s->units = s->cursor.units;
}

bool stream_is_done(const struct stream *s)
{
    return s->segment > s->limit_segment ||
           (s->segment == s->limit_segment && s->offset >= s->limit);
}
