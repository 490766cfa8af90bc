/*
 * exceptions.c - see trace.h: rows of exceptions. Whether one was handled is known only later, so the newest rows are held
 * back in a ring; what changes after a row has gone out becomes an update in the same transaction.
 */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/json.h"
#include "ingest/trace.h"

#define NO_LINE 0

static void put_i32(struct batch *b, size_t column, int32_t v, int32_t none)
{
    if (v != none)
        batch_put_i32(b, column, v);
}

static void append_row(struct trace *t, const struct exception *e)
{
    struct batch *b = sink_batch(t->sink, SINK_EXCEPTIONS);

    if (b == NULL)
        return;
    batch_put_uuid(b, 0, &t->id);
    batch_put_u64(b, 1, e->id);
    if (e->has_call) {
        batch_put_u64(b, 2, e->call_id);
        if (e->parent_id != 0)
            batch_put_u64(b, 3, e->parent_id);
        batch_put_i32(b, 7, e->depth);
    }
    put_i32(b, 4, e->function, REGISTRY_NO_FUNCTION);
    batch_put_i64(b, 5, e->thread_id);
    if (e->task != 0)
        batch_put_u64(b, 6, e->task);
    batch_put_i64(b, 8, e->at_ns);
    batch_put_text(b, 9, e->type, strlen(e->type));
    batch_put_text(b, 10, buf_text(&e->message), e->message.len);
    batch_put_text(b, 11, buf_text(&e->stack), e->stack.len);
    put_i32(b, 12, e->line, NO_LINE);
    batch_put_u8(b, 13, (uint8_t)e->handled);
    put_i32(b, 14, e->handled_by, REGISTRY_NO_FUNCTION);
    put_i32(b, 15, e->handled_line, NO_LINE);
    if (e->has_cause)
        batch_put_u64(b, 16, e->cause);
    sink_end_row(t->sink, SINK_EXCEPTIONS);
}

/* The next place in the ring; the oldest row goes out when it is full. */
static struct exception *new_exception(struct trace *t)
{
    struct exception *e;
    struct buf message, stack;

    if (t->nexceptions == EXCEPTIONS_KEPT) {
        append_row(t, &t->exceptions[t->first_exception]);
        t->first_exception = (t->first_exception + 1) % EXCEPTIONS_KEPT;
        t->nexceptions--;
    }
    e = &t->exceptions[(t->first_exception + t->nexceptions++) % EXCEPTIONS_KEPT];
    message = e->message;
    stack = e->stack;
    *e = (struct exception){.message = message, .stack = stack};
    e->message.max = e->stack.max = LIMIT_ANSWER_BYTES;
    buf_clear(&e->message);
    buf_clear(&e->stack);
    return e;
}

/* ---- the text of a traceback ------------------------------------------------------------------ */

static void put_frame(struct trace *t, struct buf *out, struct code *code, uint64_t at)
{
    int32_t line = registry_line(code, at);
    const char *source;
    size_t len;

    buf_puts(out, "  File \"");
    buf_puts(out, code->file);
    buf_puts(out, "\", line ");
    json_int(out, line > 0 ? line : code->first_line);
    buf_puts(out, ", in ");
    buf_puts(out, code->name);
    buf_putc(out, '\n');
    if (line > 0 && source_line(&t->sources, code->file, line, &source, &len) &&
        json_is_clean((const uint8_t *)source, len)) {
        buf_puts(out, "    ");
        buf_put(out, source, len);
        buf_putc(out, '\n');
    }
}

static void put_stack(struct trace *t, struct exception *e, const struct trail_record *r)
{
    uint64_t codes[LIMIT_RAISE_FRAMES], ats[LIMIT_RAISE_FRAMES];
    struct trail_bytes list = r->list;
    size_t n = 0;

    while (n < LIMIT_RAISE_FRAMES && trail_list_next(&list, &codes[n]) &&
           trail_list_next(&list, &ats[n]))
        n++;
    buf_puts(&e->stack, "Traceback (most recent call last):\n");
    if (r->flags & TRAIL_RAISE_MORE_FRAMES)
        buf_puts(&e->stack, "  [frames further out were not recorded]\n");
    while (n-- > 0) {
        struct code *code = registry_code(&t->registry, codes[n]);

        if (code != NULL)
            put_frame(t, &e->stack, code, ats[n]);
        if (n == 0 && code != NULL) {
            e->function = code->function_id;
            e->line = registry_line(code, ats[n]);
        }
    }
    buf_puts(&e->stack, e->type);
    if (e->message.len > 0) {
        buf_puts(&e->stack, ": ");
        buf_put(&e->stack, buf_text(&e->message), e->message.len);
    }
    buf_putc(&e->stack, '\n');
}

/* ---- what happens to them --------------------------------------------------------------------- */

void exceptions_raise(struct trace *t, struct stream *s, const struct trail_record *r)
{
    struct exception *e = new_exception(t);
    struct call *top = stack_top(s);

    s->last_exception++;
    e->id = (uint64_t)s->number << TRAIL_CALL_SEQ_BITS | s->last_exception;
    e->at_ns = s->now_ns;
    e->thread_id = s->thread_id;
    e->task = s->task;
    e->function = e->handled_by = REGISTRY_NO_FUNCTION;
    e->handled = HANDLED_UNKNOWN;
    e->type = registry_type(&t->registry, r->type);
    if (top != NULL && top->id != 0) {
        e->has_call = true;
        e->call_id = top->id;
        e->parent_id = top->parent_id;
        e->depth = top->depth;
    }
    if (r->flags & TRAIL_RAISE_CONTEXT && r->number < s->last_exception) {
        e->has_cause = true;
        e->cause = e->id - r->number;
    }
    json_clean_text(&e->message, r->text.data, r->text.len);
    put_stack(t, e, r);
    if (e->type != NULL && strcmp(e->type, "SystemExit") == 0)
        s->system_exit = e->id;
    s->current = e->id;
}

static void add_change(struct trace *t, const struct exception_change *change)
{
    struct exception_change *more;
    size_t n = t->nchanges;

    if (n > 0 && t->changes[n - 1].id == change->id) {
        t->changes[n - 1] = *change;
        return;
    }
    if (n == 0 || (n & (n - 1)) == 0) {
        more = realloc(t->changes, (n > 0 ? n * 2 : 1) * sizeof(*more));
        if (more == NULL) {
            sink_fail(t->sink, ERR_FAILED, "memory is out");
            return;
        }
        t->changes = more;
    }
    t->changes[t->nchanges++] = *change;
}

void exceptions_set(struct trace *t, uint64_t id, enum handled handled, int32_t by, int32_t line)
{
    struct exception_change change = {id, (int32_t)handled, by, line};

    for (size_t i = t->nexceptions; i-- > 0;) {
        struct exception *e = &t->exceptions[(t->first_exception + i) % EXCEPTIONS_KEPT];

        if (e->id == id) {
            e->handled = handled;
            e->handled_by = by;
            e->handled_line = line;
            return;
        }
    }
    add_change(t, &change);
}

/* The last change to each exception counts. */
static void make_changes(struct trace *t)
{
    static const char make[] = "CREATE OR REPLACE TEMP TABLE exception_changes(number BIGINT, "
                               "id UBIGINT, handled UTINYINT, handled_by INTEGER, line INTEGER)";
    static const char update[] =
        "UPDATE exception_rows SET handled = c.handled, handled_by = c.handled_by, "
        "handled_line = c.line FROM exception_changes c JOIN (SELECT id, "
        "max(number) AS number FROM exception_changes GROUP BY id) USING (id, number) "
        "WHERE trace_id = $trace::UUID AND exception_id = c.id";
    struct store_param params[] = {store_text("trace", t->id_text)};

    sink_exec(t->sink, make, NULL, 0);
    for (size_t i = 0; i < t->nchanges; i++) {
        const struct exception_change *c = &t->changes[i];
        struct batch *b = sink_batch(t->sink, SINK_CHANGES);

        if (b == NULL)
            break;
        batch_put_i64(b, 0, (int64_t)i);
        batch_put_u64(b, 1, c->id);
        batch_put_u8(b, 2, (uint8_t)c->handled);
        put_i32(b, 3, c->handled_by, REGISTRY_NO_FUNCTION);
        put_i32(b, 4, c->handled_line, NO_LINE);
        sink_end_row(t->sink, SINK_CHANGES);
    }
    t->nchanges = 0;
    sink_flush(t->sink);
    sink_exec(t->sink, update, params, 1);
}

void exceptions_flush(struct trace *t)
{
    while (t->nexceptions > 0) {
        append_row(t, &t->exceptions[t->first_exception]);
        t->first_exception = (t->first_exception + 1) % EXCEPTIONS_KEPT;
        t->nexceptions--;
    }
    if (t->nchanges > 0) {
        sink_flush(t->sink); /* rows of this transaction may be among those that change */
        make_changes(t);
    }
}
