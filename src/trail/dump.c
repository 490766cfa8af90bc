/* dump.c - see dump.h. */
#include "base/base.h"

#include "trail/dump.h"

#include <inttypes.h>

const char *trail_kind_name(enum trail_kind kind)
{
    switch (kind) {
#define X(number, name) \
    case number:        \
        return #name;
        TRAIL_KINDS(X)
#undef X
    }
    return "?";
}

const char *trail_registry_kind_name(enum trail_registry_kind kind)
{
    switch (kind) {
#define X(number, name) \
    case number:        \
        return #name;
        TRAIL_REGISTRY_KINDS(X)
#undef X
    }
    return "?";
}

/* ---- records ----------------------------------------------------------------------------- */

static void put_values(const struct trail_record *r, struct buf *out)
{
    struct trail_bytes bytes = r->values;

    buf_puts(out, " (");
    for (uint64_t i = 0; i < r->nvalues; i++) {
        if (i > 0)
            buf_puts(out, ", ");
        trail_value_text(&bytes, out);
    }
    buf_putc(out, ')');
}

static void put_ref(const struct trail_ref *ref, struct buf *out)
{
    if (ref->back > 0)
        buf_putf(out, " call last-%" PRIu64, ref->back - 1);
    else
        buf_putf(out, " call %" PRIu64 "/%" PRIu64, ref->stream, ref->seq);
}

static void put_call(const struct trail_record *r, struct buf *out)
{
    if (r->kind == TRAIL_CALL_FROM) {
        buf_putf(out, " flags %" PRIu64, r->flags);
        if (r->flags & TRAIL_FROM_PARENT)
            put_ref(&r->ref, out);
        if (r->flags & TRAIL_FROM_CALLER)
            buf_putf(out, " caller %" PRIu64 " at %" PRIu64, r->caller_code, r->at);
        if (r->flags & TRAIL_FROM_LATE)
            buf_putf(out, " late %" PRIu64, r->number);
    }
    buf_putf(out, " code %" PRIu64, r->code);
    if (r->kind == TRAIL_CALL)
        buf_putf(out, " at %" PRIu64, r->at);
    put_values(r, out);
}

static void put_list(struct trail_bytes list, struct buf *out)
{
    uint64_t number;

    buf_puts(out, " [");
    for (bool first = true; trail_list_next(&list, &number); first = false)
        buf_putf(out, first ? "%" PRIu64 : " %" PRIu64, number);
    buf_putc(out, ']');
}

static void put_raise(const struct trail_record *r, struct buf *out)
{
    buf_putf(out, " flags %" PRIu64 " type %" PRIu64 " ", r->flags, r->type);
    trail_quoted_text(r->text, out);
    put_list(r->list, out);
    if (r->flags & TRAIL_RAISE_CONTEXT)
        buf_putf(out, " context %" PRIu64, r->number);
}

static void put_task(const struct trail_record *r, struct buf *out)
{
    buf_putf(out, " task %" PRIu64 " from %" PRIu64, r->number, r->number2);
    if (r->text.len > 0) {
        buf_putc(out, ' ');
        trail_quoted_text(r->text, out);
    }
}

static void put_other(const struct trail_record *r, struct buf *out)
{
    switch (r->kind) {
    case TRAIL_RESUME:
        put_ref(&r->ref, out);
        buf_putf(out, " flags %" PRIu64, r->flags);
        break;
    case TRAIL_RERAISE:
        buf_putf(out, " last-%" PRIu64, r->number);
        break;
    case TRAIL_HANDLED:
        buf_putf(out, " code %" PRIu64 " at %" PRIu64, r->code, r->at);
        break;
    case TRAIL_LINE:
        buf_putf(out, " %+" PRId64, r->line_delta);
        break;
    case TRAIL_END_OF:
        buf_putf(out, " outcome %" PRIu64, r->number);
        put_ref(&r->ref, out);
        put_values(r, out);
        break;
    case TRAIL_SYNC:
        buf_putf(out, " calls %" PRIu64 " exceptions %" PRIu64, r->sync_last_call,
                 r->sync_last_exception);
        put_list(r->list, out);
        break;
    case TRAIL_LOSS:
        buf_putf(out, " cause %" PRIu64 " code %" PRIu64 " events %" PRIu64, r->number2, r->code,
                 r->number);
        break;
    case TRAIL_EXTRA:
        if (r->flags == TRAIL_EXTRA_TASK)
            put_task(r, out);
        else if (r->flags == TRAIL_EXTRA_THINNED)
            buf_putf(out, " thinned %" PRIu64 " took %" PRIu64, r->number, r->number2);
        else if (r->flags == TRAIL_EXTRA_LINE)
            buf_putf(out, " line %" PRId64 " with locals, %zu bytes", r->line_delta, r->text.len);
        else
            buf_putf(out, " %" PRIu64 " %zu bytes", r->flags, r->text.len);
        break;
    default: /* YIELD, UNWIND, END */
        break;
    }
}

void trail_record_text(const struct trail_record *r, struct buf *out)
{
    struct trail_bytes value;

    buf_putf(out, "@%" PRIu64 " %s", r->units, trail_kind_name(r->kind));
    switch (r->kind) {
    case TRAIL_CALL:
    case TRAIL_CALL_FROM:
        put_call(r, out);
        break;
    case TRAIL_RETURN:
        buf_putc(out, ' ');
        value = r->values;
        trail_value_text(&value, out);
        break;
    case TRAIL_RAISE:
        put_raise(r, out);
        break;
    default:
        put_other(r, out);
        break;
    }
}

static void put_texts(struct buf *out, const struct trail_bytes *texts, int n)
{
    for (int i = 0; i < n; i++) {
        buf_putc(out, ' ');
        trail_quoted_text(texts[i], out);
    }
}

static void put_text_list(struct buf *out, struct trail_bytes list)
{
    struct trail_bytes text;

    buf_puts(out, " [");
    for (bool first = true; trail_text_next(&list, &text); first = false) {
        if (!first)
            buf_putc(out, ' ');
        trail_quoted_text(text, out);
    }
    buf_putc(out, ']');
}

static void put_id(struct buf *out, const uint8_t id[16])
{
    buf_putc(out, ' ');
    for (int i = 0; i < 16; i++)
        buf_putf(out, "%02x", id[i]);
}

void trail_registry_text(const struct trail_registry_record *r, struct buf *out)
{
    buf_puts(out, trail_registry_kind_name(r->kind));
    switch (r->kind) {
    case TRAIL_REG_PROCESS:
        put_id(out, r->run_id);
        put_id(out, r->parent_trace_id);
        buf_putf(out, " pid %" PRIu64 " ppid %" PRIu64, r->pid, r->ppid);
        put_texts(out, r->text, 5);
        put_text_list(out, r->list);
        put_texts(out, r->text + 5, 1);
        break;
    case TRAIL_REG_CODE:
        buf_putf(out, " %" PRIu64 " flags %" PRIu64, r->id, r->flags);
        put_texts(out, r->text, 3);
        buf_putf(out, " line %" PRIu64, r->first_line);
        put_text_list(out, r->list);
        buf_putf(out, " positional %" PRIu64 " keyword %" PRIu64 " table %" PRIu64 ":%zu",
                 r->npositional_only, r->nkeyword_only, r->table_format, r->table.len);
        break;
    case TRAIL_REG_TYPE:
        buf_putf(out, " %" PRIu64, r->id);
        put_texts(out, r->text, 2);
        break;
    case TRAIL_REG_LAYOUT:
        buf_putf(out, " %" PRIu64 " type %" PRIu64, r->id, r->type);
        put_text_list(out, r->list);
        break;
    case TRAIL_REG_THREAD:
        buf_putf(out, " %" PRIu64 " tid %" PRIu64 " ident %" PRIu64, r->id, r->tid, r->ident);
        put_texts(out, r->text, 1);
        buf_putf(out, " wall %" PRId64, r->wall_ns);
        break;
    case TRAIL_REG_CLOCK:
        buf_putf(out, " %" PRIu64 " wall %" PRId64 " mono %" PRId64, r->ticks, r->wall_ns,
                 r->mono_ns);
        break;
    case TRAIL_REG_LOSSES:
        buf_putf(out, " cause %" PRIu64 " code %" PRIu64 " events %" PRIu64, r->id, r->tid,
                 r->ident);
        buf_putf(out, " wall %" PRId64 " to %" PRId64, r->wall_ns, r->mono_ns);
        break;
    case TRAIL_REG_FINISH:
        buf_putf(out, " reason %" PRIu64 " status %" PRId64 " wall %" PRId64, r->id, r->status,
                 r->wall_ns);
        break;
    case TRAIL_REG_CHILD:
        buf_putf(out, " pid %" PRIu64 " what %" PRIu64 " number %" PRId64 " wall %" PRId64, r->pid,
                 r->id, r->status, r->wall_ns);
        break;
    case TRAIL_REG_NOTE:
        put_texts(out, r->text, 2);
        break;
    }
}
