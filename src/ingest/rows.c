/* rows.c - see rows.h. */
#include "base/base.h"

#include "ingest/rows.h"

/* Columns of call_rows and open_calls, in the order of store/schema_1_0_0.c and what came behind it. */
enum {
    CALL_TRACE,
    CALL_ID,
    CALL_PARENT,
    CALL_FUNCTION,
    CALL_THREAD,
    CALL_TASK,
    CALL_DEPTH,
    CALL_START,
    CALL_DURATION,
    CALL_CHILD,
    CALL_SUSPENDED,
    CALL_RESUMES,
    CALL_OUTCOME,
    CALL_ARGS,
    CALL_KWONLY,
    CALL_KWARGS,
    CALL_RESULT,
    CALL_EXCEPTION,
    CALL_CALLER_LINE,
    CALL_CALLER_FUNCTION,
    OPEN_STREAM,
    OPEN_CODE,
    OPEN_PLACE,
    OPEN_SINCE,
    OPEN_LINE,
    OPEN_PARENT_FUNCTION,
    OPEN_NODE,
    OPEN_ABOVE,
};

static void put_common(struct trace *t, struct batch *b, const struct call *c)
{
    batch_put_uuid(b, CALL_TRACE, &t->id);
    batch_put_u64(b, CALL_ID, c->id);
    if (c->parent_id != 0)
        batch_put_u64(b, CALL_PARENT, c->parent_id);
    if (c->task != 0)
        batch_put_u64(b, CALL_TASK, c->task);
    batch_put_i32(b, CALL_DEPTH, c->depth);
    batch_put_i64(b, CALL_START, c->start_ns);
    batch_put_i32(b, CALL_RESUMES, (int32_t)c->resumes);
    if (c->args > 0)
        batch_put_text(b, CALL_ARGS, c->text, c->args);
    if (c->kwonly > 0)
        batch_put_text(b, CALL_KWONLY, c->text + c->args, c->kwonly);
    if (c->kwargs > 0)
        batch_put_text(b, CALL_KWARGS, c->text + c->args + c->kwonly, c->kwargs);
    if (c->caller_line > 0)
        batch_put_i32(b, CALL_CALLER_LINE, c->caller_line);
    if (c->caller_function != REGISTRY_NO_FUNCTION)
        batch_put_i32(b, CALL_CALLER_FUNCTION, c->caller_function);
}

/* The thread that a call belongs to is the one that it began in. */
static int64_t home_thread(struct trace *t, struct stream *s, const struct call *c)
{
    uint32_t home = (uint32_t)(c->id >> TRAIL_CALL_SEQ_BITS);
    struct stream *other;

    if (s != NULL && s->number == home)
        return s->thread_id;
    other = trace_stream(t, home);
    return other != NULL ? other->thread_id : 0;
}

void rows_call(struct trace *t, struct stream *s, const struct call *c, const struct ending *e)
{
    int32_t function = code_function(t, c->code);
    struct stats_call stat = {function, e->outcome, e->end_ns - c->start_ns, 0, c->untimed};
    struct node_call end = {home_thread(t, s, c), e->end_ns - c->start_ns,
                            e->outcome == OUTCOME_EXCEPTION};
    struct batch *b;

    if (function == REGISTRY_NO_FUNCTION)
        return;
    b = sink_batch(t->sink, SINK_CALLS);
    if (UNLIKELY(b == NULL))
        return;
    put_common(t, b, c);
    batch_put_i32(b, CALL_FUNCTION, function);
    batch_put_i64(b, CALL_THREAD, end.thread_id);
    batch_put_i64(b, CALL_DURATION, e->end_ns - c->start_ns);
    batch_put_i64(b, CALL_CHILD, c->child_ns);
    batch_put_i64(b, CALL_SUSPENDED, c->suspended_ns);
    batch_put_u8(b, CALL_OUTCOME, (uint8_t)e->outcome);
    if (e->result_len > 0)
        batch_put_text(b, CALL_RESULT, e->result, e->result_len);
    if (e->exception != 0)
        batch_put_u64(b, CALL_EXCEPTION, e->exception);
    sink_end_row(t->sink, SINK_CALLS);
    stat.self_ns = stat.duration_ns - c->suspended_ns - c->child_ns;
    if (UNLIKELY(stat.self_ns <
                 0)) /* a call that was written down late has given its children to its parent */
        stat.self_ns = 0;
    stats_add(t, &stat);
    edges_add(t, function, c->caller_function, c->parent_function, stat.duration_ns);
    nodes_add(t, c, &end);
}

void rows_open_call(struct trace *t, const struct call *c, uint32_t stream, int32_t place)
{
    struct batch *b = sink_batch(t->sink, SINK_OPEN_CALLS);
    int32_t function = code_function(t, c->code);

    if (b == NULL)
        return;
    put_common(t, b, c);
    /* A ghost has no function, so no view shows it; but its place must be known to the next ingest. */
    if (function != REGISTRY_NO_FUNCTION)
        batch_put_i32(b, CALL_FUNCTION, function);
    batch_put_i64(b, CALL_THREAD, home_thread(t, NULL, c));
    batch_put_i64(b, CALL_CHILD, c->child_ns);
    batch_put_i64(b, CALL_SUSPENDED, c->suspended_ns);
    batch_put_i32(b, OPEN_STREAM, (int32_t)stream);
    batch_put_i32(b, OPEN_CODE, (int32_t)c->code);
    if (stream != 0)
        batch_put_i32(b, OPEN_PLACE, place);
    batch_put_i64(b, OPEN_SINCE, c->since_ns);
    batch_put_i32(b, OPEN_LINE, c->line);
    if (c->parent_function != REGISTRY_NO_FUNCTION)
        batch_put_i32(b, OPEN_PARENT_FUNCTION, c->parent_function);
    if (c->node != 0) {
        batch_put_u64(b, OPEN_NODE, c->node);
        batch_put_u64(b, OPEN_ABOVE, c->above);
    }
    sink_end_row(t->sink, SINK_OPEN_CALLS);
}

void rows_line(struct trace *t, struct stream *s, const struct call *c, const struct buf *locals)
{
    int32_t function = code_function(t, c->code);
    struct batch *b;

    if (function == REGISTRY_NO_FUNCTION || (b = sink_batch(t->sink, SINK_LINES)) == NULL)
        return;
    batch_put_uuid(b, 0, &t->id);
    batch_put_u64(b, 1, (uint64_t)s->number << TRAIL_CALL_SEQ_BITS | s->last_line);
    batch_put_u64(b, 2, c->id);
    batch_put_i32(b, 3, function);
    batch_put_i64(b, 4, s->thread_id);
    batch_put_i64(b, 5, s->now_ns);
    batch_put_i32(b, 6, c->line);
    if (locals != NULL)
        batch_put_text(b, 7, locals->data, locals->len);
    sink_end_row(t->sink, SINK_LINES);
}
