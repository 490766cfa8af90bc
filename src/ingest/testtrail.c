/* testtrail.c - see testtrail.h. */
#include "base/base.h"

#include "base/clock.h"
#include "ingest/testtrail.h"

#include <unistd.h>

#define PYTHON_313 0x030d
#define PAST_NS \
    1000000000000ULL /* the clock of the test begins so long ago, so that nothing lies in the future */
#define FIRST_TID 1000

/* One record that may have to be written again in the next segment. */
struct pending {
    enum trail_kind kind;
    uint64_t code, at, number, number2, flags, back;
    int64_t delta;
    uint64_t id; /* of the call that is meant */
    const struct trail_call_from *from;
    const struct trail_raise *raise;
    const char *name; /* of a task; NULL: not told */
};

static void must(bool fine)
{
    if (!fine)
        abort();
}

static uint64_t seq_of(uint64_t id)
{
    return id & ((1ULL << TRAIL_CALL_SEQ_BITS) - 1);
}

static struct trail_ref make_ref(const struct testtrail_stream *s, uint64_t id)
{
    uint64_t stream = id >> TRAIL_CALL_SEQ_BITS;

    return stream == s->s.stream ? trail_ref_own(s->last_call, seq_of(id))
                                 : trail_ref_other(stream, seq_of(id));
}

static void put_task(struct trail_out *out, uint64_t units, const struct pending *p)
{
    struct trail_task task = {p->number, p->number2, p->name,
                              p->name != NULL ? strlen(p->name) : 0};

    trail_encode_task(out, units, &task);
}

static void encode(const struct testtrail_stream *s, struct trail_out *out, uint64_t units,
                   const struct pending *p)
{
    switch (p->kind) {
    case TRAIL_CALL:
        trail_encode_call(out, units, p->code, p->at);
        break;
    case TRAIL_CALL_FROM:
        trail_encode_call_from(out, units, p->from);
        break;
    case TRAIL_RESUME:
        trail_encode_resume(out, units, make_ref(s, p->id), p->flags);
        break;
    case TRAIL_END_OF:
        trail_encode_end_of(out, units, (enum trail_end_of)p->number, make_ref(s, p->id));
        break;
    case TRAIL_RAISE:
        trail_encode_raise(out, units, p->raise);
        break;
    case TRAIL_RERAISE:
        trail_encode_reraise(out, units, p->back);
        break;
    case TRAIL_HANDLED:
        trail_encode_handled(out, units, p->code, p->at);
        break;
    case TRAIL_LINE:
        trail_encode_line(out, units, p->delta);
        break;
    case TRAIL_LOSS:
        trail_encode_loss(out, units, (enum trail_loss)p->number, p->code, p->number2);
        break;
    case TRAIL_EXTRA:
        put_task(out, units, p);
        break;
    default:
        trail_encode_plain(out, units, p->kind);
        break;
    }
}

static uint64_t units_now(const struct testtrail *t, const struct testtrail_stream *s)
{
    return (t->now - s->s.header->ticks) >> s->s.header->tick_shift;
}

static void put_sync(struct testtrail *t, struct testtrail_stream *s)
{
    struct trail_out out = trail_stream_begin(&s->s);
    size_t from = s->depth > TRAIL_SYNC_DEPTH ? s->depth - TRAIL_SYNC_DEPTH : 0;
    struct trail_sync sync = {s->s.header, t->now, s->last_call, s->last_exception,
                              s->depth - from};

    trail_encode_sync(&out, 0, &sync);
    for (size_t i = from; i < s->depth; i++) {
        bool own = s->stack[i] >> TRAIL_CALL_SEQ_BITS == s->s.stream;

        trail_put_uv(&out, own ? s->last_call - seq_of(s->stack[i]) : TRAIL_SYNC_ELSEWHERE);
    }
    must(!out.overflow);
    trail_stream_commit(&s->s, &out);
    trail_stream_synced(&s->s);
    s->seen = units_now(t, s);
}

static void roll(struct testtrail *t, struct testtrail_stream *s)
{
    must(trail_stream_roll(&s->s) == 0);
    s->s.header->ticks = t->base;
    s->seen = 0;
}

static void emit(struct testtrail *t, uint32_t stream, const struct pending *p)
{
    struct testtrail_stream *s = &t->streams[stream];
    size_t nvalues = (size_t)(t->values.p - t->bytes);

    must(s->open);
    for (;;) {
        uint64_t units = units_now(t, s);
        struct trail_out out;

        if (trail_stream_sync_due(&s->s)) {
            out = trail_stream_begin(&s->s);
            if (out.end - out.p < LIMIT_RECORD_BYTES)
                roll(t, s);
            put_sync(t, s);
        }
        out = trail_stream_begin(&s->s);
        encode(s, &out, units - s->seen, p);
        trail_put_bytes(&out, t->bytes, nvalues);
        if (!out.overflow) {
            trail_stream_commit(&s->s, &out);
            s->seen = units;
            break;
        }
        roll(t, s);
    }
    testtrail_values(t);
}

/* ---- life ------------------------------------------------------------------------------------- */

struct trail_out *testtrail_values(struct testtrail *t)
{
    t->values = (struct trail_out){t->bytes, t->bytes + sizeof(t->bytes), false};
    return &t->values;
}

static void commit_registry(struct testtrail *t, struct trail_out *out)
{
    must(!out->overflow);
    trail_stream_commit(&t->registry, out);
}

/* With room for a record that is not too large. */
static struct trail_out begin_registry(struct testtrail *t)
{
    struct trail_out out = trail_stream_begin(&t->registry);

    if (out.end - out.p < 4096) {
        must(trail_stream_roll(&t->registry) == 0);
        t->registry.header->ticks = t->base;
        out = trail_stream_begin(&t->registry);
    }
    return out;
}

void testtrail_open(struct testtrail *t, const char *run)
{
    testtrail_open_units(t, run, 0);
}

void testtrail_open_units(struct testtrail *t, const char *run, uint32_t tick_shift)
{
    struct trail_text argv[] = {trail_text_of("python3"), trail_text_of("it's.py")};
    struct trail_process_info info = {
        .run_id = {{1, 2, 3}},
        .pid = (uint64_t)getpid(),
        .ppid = (uint64_t)getppid(),
        .python = trail_text_of("3.13.0"),
        .breadcrumb = trail_text_of("0.1.0"),
        .host = trail_text_of("testhost"),
        .executable = trail_text_of("/usr/bin/python3"),
        .cwd = trail_text_of("/tmp"),
        .argv = argv,
        .argc = ARRAY_SIZE(argv),
        .settings = trail_text_of("hot_threshold=0\n"),
    };
    struct uuid id = uuid_make();
    struct trail_out out;

    memset(t, 0, sizeof(*t));
    must(trail_dir_open(&t->dir, run, &id, CLOCK_KIND_MONOTONIC, tick_shift, PYTHON_313) == 0);
    must(trail_stream_open(&t->registry, &t->dir, 0, FIRST_TID) == 0);
    t->base = t->now = (uint64_t)clock_mono_ns() + 1 - (uint64_t)clock_mono_ns() % 1000;
    if (t->base > PAST_NS)
        t->base -= PAST_NS;
    else
        t->base = 1;
    t->now = t->base;
    t->registry.header->ticks = t->base;
    t->registry.header->wall_ns = TESTTRAIL_WALL_NS;
    out = begin_registry(t);
    trail_encode_process(&out, &info);
    commit_registry(t, &out);
    testtrail_values(t);
    testtrail_thread(t, 1);
}

void testtrail_thread(struct testtrail *t, uint32_t stream)
{
    struct trail_thread_info info = {stream, FIRST_TID + stream, 77, trail_text_of("a thread"),
                                     TESTTRAIL_WALL_NS};
    struct testtrail_stream *s = &t->streams[stream];
    struct trail_out out = begin_registry(t);

    trail_encode_thread(&out, &info);
    commit_registry(t, &out);
    must(trail_stream_open(&s->s, &t->dir, stream, FIRST_TID + stream) == 0);
    s->s.header->ticks = t->base;
    s->open = true;
}

void testtrail_finish(struct testtrail *t, int64_t status)
{
    struct pending p = {.kind = TRAIL_END};
    struct trail_out out = begin_registry(t);

    for (uint32_t i = 1; i < TESTTRAIL_STREAMS; i++) {
        if (!t->streams[i].open)
            continue;
        emit(t, i, &p);
        trail_stream_close(&t->streams[i].s, true);
    }
    trail_encode_finish(&out, TRAIL_FINISH_EXIT, status, TESTTRAIL_WALL_NS + 1000000000);
    commit_registry(t, &out);
    trail_stream_close(&t->registry, true);
    trail_dir_close(&t->dir);
}

void testtrail_kill(struct testtrail *t)
{
    for (uint32_t i = 1; i < TESTTRAIL_STREAMS; i++) {
        if (t->streams[i].open)
            trail_stream_forget(&t->streams[i].s);
    }
    trail_stream_forget(&t->registry);
    trail_dir_close(&t->dir);
}

/* ---- the registry ----------------------------------------------------------------------------- */

uint32_t testtrail_code(struct testtrail *t, const char *name, uint64_t flags, size_t nargs,
                        const char *const *names)
{
    struct testtrail_signature signature = {flags, nargs, 0, names};

    return testtrail_code_with(t, name, &signature);
}

uint32_t testtrail_code_with(struct testtrail *t, const char *name,
                             const struct testtrail_signature *signature)
{
    /* Each unit one line further down: kind 11 (one line on) with one unit, after a first with no step. */
    uint8_t table[16 * 3];
    struct trail_text args[16];
    struct trail_code_info info = {
        .id = ++t->ncodes,
        .flags = signature->flags,
        .name = trail_text_of(name),
        .module = trail_text_of("shop"),
        .file = trail_text_of("/nowhere/shop.py"),
        .first_line = 10ULL * t->ncodes,
        .args = args,
        .nargs = signature->nargs,
        .nkeyword_only = signature->nkeyword_only,
        .table_format = 1,
        .table = table,
        .table_len = sizeof(table),
    };
    struct trail_out out = begin_registry(t);

    for (size_t i = 0; i < 16; i++) {
        table[3 * i] = (uint8_t)(0x80 | (i == 0 ? 10 : 11) << 3);
        table[3 * i + 1] = table[3 * i + 2] = 0;
    }
    for (size_t i = 0; i < signature->nargs; i++)
        args[i] = trail_text_of(signature->names[i]);
    trail_encode_code(&out, &info);
    commit_registry(t, &out);
    return t->ncodes;
}

uint32_t testtrail_type(struct testtrail *t, const char *module, const char *name)
{
    struct trail_out out = begin_registry(t);

    trail_encode_type(&out, ++t->ntypes, trail_text_of(module), trail_text_of(name));
    commit_registry(t, &out);
    return t->ntypes;
}

void testtrail_note(struct testtrail *t, const char *key, const char *value)
{
    struct trail_out out = begin_registry(t);

    trail_encode_note(&out, trail_text_of(key), trail_text_of(value));
    commit_registry(t, &out);
}

void testtrail_child(struct testtrail *t, const struct trail_child_info *child)
{
    struct trail_out out = begin_registry(t);

    trail_encode_child(&out, child);
    commit_registry(t, &out);
}

/* ---- records ---------------------------------------------------------------------------------- */

static void push(struct testtrail_stream *s, uint64_t id)
{
    must(s->depth < TESTTRAIL_STACK);
    s->stack[s->depth++] = id;
}

static uint64_t new_call(struct testtrail *t, uint32_t stream)
{
    struct testtrail_stream *s = &t->streams[stream];

    return (uint64_t)stream << TRAIL_CALL_SEQ_BITS | ++s->last_call;
}

static void pop(struct testtrail *t, uint32_t stream)
{
    must(t->streams[stream].depth > 0);
    t->streams[stream].depth--;
}

uint64_t testtrail_top(const struct testtrail *t, uint32_t stream)
{
    const struct testtrail_stream *s = &t->streams[stream];

    return s->depth > 0 ? s->stack[s->depth - 1] : 0;
}

void testtrail_call(struct testtrail *t, uint32_t stream, uint32_t code, uint64_t at)
{
    struct pending p = {.kind = TRAIL_CALL, .code = code, .at = at};

    emit(t, stream, &p);
    push(&t->streams[stream], new_call(t, stream));
}

void testtrail_call_from(struct testtrail *t, uint32_t stream, const struct trail_call_from *call)
{
    struct pending p = {.kind = TRAIL_CALL_FROM, .from = call};

    emit(t, stream, &p);
    push(&t->streams[stream], new_call(t, stream));
}

static void emit_kind(struct testtrail *t, uint32_t stream, enum trail_kind kind)
{
    struct pending p = {.kind = kind};

    emit(t, stream, &p);
}

void testtrail_return(struct testtrail *t, uint32_t stream)
{
    if (t->values.p == t->bytes)
        trail_put_u8(&t->values, TRAIL_TAG_NONE);
    emit_kind(t, stream, TRAIL_RETURN);
    pop(t, stream);
}

void testtrail_yield(struct testtrail *t, uint32_t stream)
{
    emit_kind(t, stream, TRAIL_YIELD);
    pop(t, stream);
}

void testtrail_unwind(struct testtrail *t, uint32_t stream)
{
    emit_kind(t, stream, TRAIL_UNWIND);
    pop(t, stream);
}

void testtrail_resume(struct testtrail *t, uint32_t stream, uint64_t id, uint64_t flags)
{
    struct pending p = {.kind = TRAIL_RESUME, .id = id, .flags = flags};

    emit(t, stream, &p);
    push(&t->streams[stream], id);
}

void testtrail_end_of(struct testtrail *t, uint32_t stream, uint64_t id, enum trail_end_of outcome)
{
    struct pending p = {.kind = TRAIL_END_OF, .id = id, .number = (uint64_t)outcome};

    if (outcome == TRAIL_END_RETURNED && t->values.p == t->bytes)
        trail_put_u8(&t->values, TRAIL_TAG_NONE);
    emit(t, stream, &p);
    for (uint32_t i = 1; i < TESTTRAIL_STREAMS; i++) {
        struct testtrail_stream *s = &t->streams[i];

        for (size_t k = 0; k < s->depth; k++) {
            if (s->stack[k] == id) {
                memmove(&s->stack[k], &s->stack[k + 1], (s->depth - k - 1) * sizeof(s->stack[0]));
                s->depth--;
            }
        }
    }
}

void testtrail_raise(struct testtrail *t, uint32_t stream, const struct trail_raise *raise)
{
    struct pending p = {.kind = TRAIL_RAISE, .raise = raise};

    emit(t, stream, &p);
    t->streams[stream].last_exception++;
}

void testtrail_reraise(struct testtrail *t, uint32_t stream, uint64_t back)
{
    struct pending p = {.kind = TRAIL_RERAISE, .back = back};

    emit(t, stream, &p);
}

void testtrail_handled(struct testtrail *t, uint32_t stream, uint32_t code, uint64_t at)
{
    struct pending p = {.kind = TRAIL_HANDLED, .code = code, .at = at};

    emit(t, stream, &p);
}

void testtrail_line(struct testtrail *t, uint32_t stream, int64_t delta)
{
    struct pending p = {.kind = TRAIL_LINE, .delta = delta};

    emit(t, stream, &p);
}

void testtrail_task(struct testtrail *t, uint32_t stream, uint64_t task, uint64_t parent,
                    const char *name)
{
    struct pending p = {.kind = TRAIL_EXTRA, .number = task, .number2 = parent, .name = name};

    emit(t, stream, &p);
}

void testtrail_loss(struct testtrail *t, uint32_t stream, enum trail_loss cause, uint32_t code,
                    uint64_t events)
{
    struct pending p = {
        .kind = TRAIL_LOSS, .number = (uint64_t)cause, .code = code, .number2 = events};

    emit(t, stream, &p);
}

void testtrail_sync(struct testtrail *t, uint32_t stream)
{
    put_sync(t, &t->streams[stream]);
}

/* A segment with room left does not roll: so it is filled up with what readers skip. */
void testtrail_roll(struct testtrail *t, uint32_t stream)
{
    static const uint8_t padding[LIMIT_RECORD_BYTES / 2];
    struct testtrail_stream *s = &t->streams[stream];

    while ((size_t)(s->s.end - (uint8_t *)s->s.header) - trail_stream_committed(&s->s) >=
           LIMIT_RECORD_BYTES) {
        struct trail_out out = trail_stream_begin(&s->s);

        trail_encode_extra(&out, 0, 99, padding, sizeof(padding));
        must(!out.overflow);
        trail_stream_commit(&s->s, &out);
    }
    roll(t, s);
    put_sync(t, &t->streams[stream]);
}
