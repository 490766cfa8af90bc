/* sample_record.c - see sample.h: random records. */
#include "base/base.h"

#include "base/clock.h"
#include "base/limits.h"
#include "trail/sample.h"

const struct trail_arity *sample_arity(void)
{
    static const uint16_t NARGS[SAMPLE_CODES] = {UINT16_MAX, 0, 1, 2, 3, 4, 5, 6};
    static const struct trail_arity ARITY = {NARGS, SAMPLE_CODES};

    return &ARITY;
}

static struct trail_out scratch(struct sample *s)
{
    return (struct trail_out){s->bytes, s->bytes + sizeof(s->bytes), false};
}

static void fill_values(struct sample *s, struct trail_record *r, uint64_t n)
{
    struct trail_out out = scratch(s);

    for (uint64_t i = 0; i < n; i++)
        sample_put_value(s, &out);
    r->nvalues = n;
    r->values = (struct trail_bytes){s->bytes, (size_t)(out.p - s->bytes)};
}

static void fill_list(struct sample *s, struct trail_record *r, uint64_t n, uint64_t most)
{
    struct trail_out out = scratch(s);

    for (uint64_t i = 0; i < n; i++)
        trail_put_uv(&out, sample_number(s) & most);
    r->list = (struct trail_bytes){s->bytes, (size_t)(out.p - s->bytes)};
}

static struct trail_ref random_ref(struct sample *s)
{
    if (sample_below(s, 2) == 0)
        return trail_ref_other(1 + sample_below(s, 65536), sample_number(s));
    return trail_ref_own(1000000, 1 + sample_below(s, 1000000));
}

static void fill_call(struct sample *s, struct trail_record *r)
{
    r->code = 1 + sample_below(s, SAMPLE_CODES - 1);
    fill_values(s, r, r->code - 1);
    if (r->kind == TRAIL_CALL) {
        r->at = sample_below(s, 5000);
        return;
    }
    r->flags = sample_below(s, 16);
    r->number = r->flags & TRAIL_FROM_LATE ? sample_number(s) : 0;
    if (r->flags & TRAIL_FROM_PARENT)
        r->ref = random_ref(s);
    if (r->flags & TRAIL_FROM_CALLER) {
        r->caller_code = sample_number(s);
        r->at = sample_number(s);
    }
}

static void fill_exception(struct sample *s, struct trail_record *r)
{
    r->flags = sample_below(s, 16);
    r->type = sample_number(s);
    r->text = sample_text(s, 200);
    r->nlist = sample_below(s, 12);
    fill_list(s, r, 2 * r->nlist, UINT32_MAX);
    r->number = r->flags & TRAIL_RAISE_CONTEXT ? sample_number(s) : 0;
}

static void fill_extra(struct sample *s, struct trail_record *r)
{
    struct trail_out out = scratch(s);

    r->flags = 1 + sample_below(s, 4);
    if (r->flags == TRAIL_EXTRA_TASK || r->flags == TRAIL_EXTRA_THINNED) {
        r->number = sample_number(s);
        r->number2 = sample_number(s);
        trail_put_uv(&out, r->number);
        trail_put_uv(&out, r->number2);
        r->text = r->flags == TRAIL_EXTRA_TASK
                      ? sample_text(s, 40)
                      : (struct trail_bytes){s->bytes, (size_t)(out.p - s->bytes)};
    } else if (r->flags == TRAIL_EXTRA_LINE) {
        const uint8_t *value;

        r->line_delta = (int64_t)sample_below(s, 400) - 200;
        trail_put_sv(&out, r->line_delta);
        value = out.p;
        trail_put_u8(&out, TRAIL_TAG_DICT);
        trail_put_uv(&out, 1);
        trail_put_uv(&out, 1);
        trail_put_string(&out, TRAIL_TAG_STR, "n", 1);
        trail_put_int(&out, r->line_delta);
        r->nvalues = 1;
        r->values = (struct trail_bytes){value, (size_t)(out.p - value)};
        r->text = (struct trail_bytes){s->bytes, (size_t)(out.p - s->bytes)};
    } else {
        r->text = sample_text(s, 100);
    }
}

void sample_record(struct sample *s, struct trail_record *r)
{
    memset(r, 0, sizeof(*r));
    r->kind = (enum trail_kind)(1 + sample_below(s, TRAIL_END));
    switch (r->kind) {
    case TRAIL_CALL:
    case TRAIL_CALL_FROM:
        fill_call(s, r);
        break;
    case TRAIL_RETURN:
        fill_values(s, r, 1);
        break;
    case TRAIL_RESUME:
        r->ref = random_ref(s);
        r->flags = sample_below(s, 2);
        break;
    case TRAIL_RAISE:
        fill_exception(s, r);
        break;
    case TRAIL_RERAISE:
        r->number = sample_number(s);
        break;
    case TRAIL_HANDLED:
        r->code = sample_number(s);
        r->at = sample_number(s);
        break;
    case TRAIL_LINE:
        r->line_delta = (int64_t)sample_number(s);
        break;
    case TRAIL_END_OF:
        r->number = sample_below(s, TRAIL_END_UNSEEN + 1);
        r->ref = random_ref(s);
        fill_values(s, r, r->number == TRAIL_END_RETURNED);
        break;
    case TRAIL_SYNC:
        r->sync_ticks = sample_random(s) >> 1;
        r->sync_last_call = sample_number(s);
        r->sync_last_exception = sample_number(s);
        r->nlist = sample_below(s, 40);
        fill_list(s, r, r->nlist, UINT64_MAX);
        break;
    case TRAIL_LOSS:
        r->number2 = 1 + sample_below(s, TRAIL_LOSS_CAUSES - 1);
        r->code = sample_number(s);
        r->number = sample_number(s);
        break;
    case TRAIL_EXTRA:
        fill_extra(s, r);
        break;
    default:
        break;
    }
}

static void put_raise(struct trail_out *out, uint64_t units, const struct trail_record *r)
{
    struct trail_frame frames[LIMIT_RAISE_FRAMES];
    struct trail_bytes list = r->list;
    struct trail_raise raise = {
        .flags = r->flags,
        .type = r->type,
        .message = (const char *)r->text.data,
        .message_len = r->text.len,
        .frames = frames,
        .context = r->number,
    };
    uint64_t code = 0, at = 0;

    while (trail_list_next(&list, &code) && trail_list_next(&list, &at))
        frames[raise.nframes++] = (struct trail_frame){(uint32_t)code, (uint32_t)at};
    trail_encode_raise(out, units, &raise);
}

static void put_sync(struct trail_out *out, const void *segment, uint64_t units,
                     const struct trail_record *r)
{
    struct trail_sync sync = {segment, r->sync_ticks, r->sync_last_call, r->sync_last_exception,
                              r->nlist};
    struct trail_bytes list = r->list;
    uint64_t number = 0;

    trail_encode_sync(out, units, &sync);
    while (trail_list_next(&list, &number))
        trail_put_uv(out, number);
}

static void put_call_from(struct trail_out *out, uint64_t units, const struct trail_record *r)
{
    struct trail_call_from call = {.flags = r->flags,
                                   .ref = r->ref,
                                   .caller_code = r->caller_code,
                                   .at = r->at,
                                   .code = r->code,
                                   .late = r->number};

    trail_encode_call_from(out, units, &call);
}

static void put_task(struct trail_out *out, uint64_t units, const struct trail_record *r)
{
    struct trail_task task = {r->number, r->number2, (const char *)r->text.data, r->text.len};

    trail_encode_task(out, units, &task);
}

static void put_extra(struct trail_out *out, uint64_t units, const struct trail_record *r)
{
    if (r->flags == TRAIL_EXTRA_TASK)
        put_task(out, units, r);
    else if (r->flags == TRAIL_EXTRA_THINNED)
        trail_encode_thinned(out, units, r->number, r->number2);
    else
        trail_encode_extra(out, units, r->flags, r->text.data, r->text.len);
}

void sample_put_record(struct trail_out *out, const void *segment, uint64_t units,
                       const struct trail_record *r)
{
    switch (r->kind) {
    case TRAIL_CALL:
        trail_encode_call(out, units, r->code, r->at);
        break;
    case TRAIL_CALL_FROM:
        put_call_from(out, units, r);
        break;
    case TRAIL_RETURN:
        trail_encode_return(out, units);
        break;
    case TRAIL_YIELD:
        trail_encode_yield(out, units);
        break;
    case TRAIL_RESUME:
        trail_encode_resume(out, units, r->ref, r->flags);
        break;
    case TRAIL_RAISE:
        put_raise(out, units, r);
        break;
    case TRAIL_RERAISE:
        trail_encode_reraise(out, units, r->number);
        break;
    case TRAIL_HANDLED:
        trail_encode_handled(out, units, r->code, r->at);
        break;
    case TRAIL_UNWIND:
        trail_encode_unwind(out, units);
        break;
    case TRAIL_LINE:
        trail_encode_line(out, units, r->line_delta);
        break;
    case TRAIL_END_OF:
        trail_encode_end_of(out, units, (enum trail_end_of)r->number, r->ref);
        break;
    case TRAIL_SYNC:
        put_sync(out, segment, units, r);
        break;
    case TRAIL_LOSS:
        trail_encode_loss(out, units, (enum trail_loss)r->number2, r->code, r->number);
        break;
    case TRAIL_EXTRA:
        put_extra(out, units, r);
        break;
    case TRAIL_END:
        trail_encode_end(out, units);
        break;
    }
    if (r->nvalues > 0 && r->kind != TRAIL_EXTRA) /* those of an EXTRA are within it */
        trail_put_bytes(out, r->values.data, r->values.len);
}

/* ---- the registry ------------------------------------------------------------------------ */

static struct trail_text random_text(struct sample *s)
{
    struct trail_bytes text = sample_text(s, 60);

    return (struct trail_text){(const char *)text.data, text.len};
}

static void put_process(struct sample *s, struct trail_out *out)
{
    struct trail_text argv[] = {random_text(s), random_text(s), random_text(s)};
    struct trail_process_info info = {
        .pid = sample_number(s),
        .ppid = sample_number(s),
        .python = random_text(s),
        .breadcrumb = random_text(s),
        .host = random_text(s),
        .executable = random_text(s),
        .cwd = random_text(s),
        .argv = argv,
        .argc = sample_below(s, ARRAY_SIZE(argv) + 1),
        .settings = random_text(s),
    };

    for (int i = 0; i < UUID_BYTES; i++)
        info.run_id.bytes[i] = (uint8_t)sample_random(s);
    trail_encode_process(out, &info);
}

static void put_code(struct sample *s, struct trail_out *out)
{
    struct trail_text args[] = {random_text(s), random_text(s), random_text(s)};
    struct trail_bytes table = sample_text(s, 100);
    struct trail_code_info info = {
        .id = sample_number(s),
        .flags = sample_below(s, 128),
        .name = random_text(s),
        .module = random_text(s),
        .file = random_text(s),
        .first_line = sample_number(s),
        .args = args,
        .nargs = sample_below(s, ARRAY_SIZE(args) + 1),
        .npositional_only = sample_below(s, 4),
        .nkeyword_only = sample_below(s, 4),
        .table_format = sample_below(s, 3),
        .table = table.data,
        .table_len = table.len,
    };

    trail_encode_code(out, &info);
}

static void put_layout(struct sample *s, struct trail_out *out)
{
    struct trail_text names[] = {random_text(s), random_text(s), random_text(s)};
    struct trail_layout_info info = {sample_number(s), sample_number(s), names,
                                     sample_below(s, ARRAY_SIZE(names) + 1)};

    trail_encode_layout(out, &info);
}

void sample_put_registry(struct sample *s, struct trail_out *out)
{
    struct trail_thread_info thread = {sample_number(s), sample_number(s), sample_number(s),
                                       random_text(s), (int64_t)sample_random(s)};
    struct trail_losses_info losses = {(enum trail_loss)(1 + sample_below(s, TRAIL_LOSS_STACK)),
                                       sample_number(s), sample_number(s),
                                       (int64_t)sample_random(s), (int64_t)sample_random(s)};
    struct trail_child_info child = {sample_number(s), TRAIL_CHILD_EXITED,
                                     (int64_t)sample_random(s), thread.wall_ns};

    switch (1 + sample_below(s, TRAIL_REG_CHILD)) {
    case TRAIL_REG_PROCESS:
        put_process(s, out);
        break;
    case TRAIL_REG_CODE:
        put_code(s, out);
        break;
    case TRAIL_REG_TYPE:
        trail_encode_type(out, sample_number(s), random_text(s), random_text(s));
        break;
    case TRAIL_REG_LAYOUT:
        put_layout(s, out);
        break;
    case TRAIL_REG_THREAD:
        trail_encode_thread(out, &thread);
        break;
    case TRAIL_REG_CLOCK:
        trail_encode_clock(out, sample_random(s), thread.wall_ns, losses.first_wall_ns);
        break;
    case TRAIL_REG_LOSSES:
        trail_encode_losses(out, &losses);
        break;
    case TRAIL_REG_FINISH:
        trail_encode_finish(out, TRAIL_FINISH_EXIT, (int64_t)sample_random(s), thread.wall_ns);
        break;
    case TRAIL_REG_CHILD:
        trail_encode_child(out, &child);
        break;
    default:
        trail_encode_note(out, random_text(s), random_text(s));
        break;
    }
}

void sample_header(void *bytes, size_t size, uint32_t stream)
{
    struct trail_header h = {
        .version = TRAIL_VERSION,
        .endian = TRAIL_ENDIAN_LITTLE,
        .word_size = 8,
        .header_size = sizeof(h),
        .stream = stream,
        .capacity = size,
        .committed = sizeof(h),
        .clock_kind = CLOCK_KIND_MONOTONIC,
    };

    memcpy(h.magic, TRAIL_MAGIC, sizeof(h.magic));
    memcpy(bytes, &h, sizeof(h));
}
