/*
 * pairing.c - see trace.h: from records to calls. Keeps for each stream the stack that the trail's page describes, and a
 * call's row is written when the call ends.
 */
#include "base/base.h"

#include "ingest/rows.h"

static uint64_t call_id(const struct stream *s, uint64_t seq)
{
    return (uint64_t)s->number << TRAIL_CALL_SEQ_BITS | seq;
}

/* The id that a reference names; 0 for one that cannot be. */
static uint64_t referred(const struct stream *s, const struct trail_ref *ref)
{
    if (ref->back == 0)
        return ref->stream << TRAIL_CALL_SEQ_BITS | ref->seq;
    return ref->back <= s->last_call ? call_id(s, s->last_call - (ref->back - 1)) : 0;
}

/* ---- calls ------------------------------------------------------------------------------------ */

static void set_parent(struct trace *t, struct stream *s, struct call *c,
                       const struct trail_record *r)
{
    struct call *top = stack_top(s);
    uint64_t flags = r->kind == TRAIL_CALL_FROM ? r->flags : 0;
    struct call *parent = top;
    struct stream *where;
    size_t place;

    if (flags & TRAIL_FROM_NO_PARENT) {
        parent = NULL;
    } else if (flags & TRAIL_FROM_PARENT) {
        c->parent_id = referred(s, &r->ref);
        parent = trace_find_call(t, c->parent_id, &where, &place);
        c->depth = top != NULL ? top->depth + 1 : 1;
    }
    if (parent != NULL) {
        c->parent_id = parent->id;
        c->depth = parent->depth + 1;
    }
    c->parent_function = parent != NULL ? code_function(t, parent->code) : REGISTRY_NO_FUNCTION;
    nodes_enter(t, s, c, parent);
}

static void set_caller(struct trace *t, struct stream *s, struct call *c,
                       const struct trail_record *r)
{
    struct call *top = stack_top(s);
    struct code *caller = NULL;
    uint64_t at = 0;

    if (r->kind == TRAIL_CALL_FROM) {
        if (r->flags & TRAIL_FROM_CALLER) {
            caller = registry_code(&t->registry, r->caller_code);
            at = r->at;
        }
    } else if (top != NULL) {
        caller = registry_code(&t->registry, top->code);
        at = r->at;
    }
    c->caller_function = caller != NULL ? caller->function_id : REGISTRY_NO_FUNCTION;
    c->caller_line = caller != NULL ? registry_line(caller, at) : 0;
}

/* A duration in the units of the stream's segment. */
static int64_t units_ns(struct trace *t, struct stream *s, uint64_t units)
{
    uint64_t ticks = units << (s->seg.header->tick_shift & 63);

    return timeline_ns(&t->timeline, t->timeline.base_ticks + ticks) - t->timeline.base_ns;
}

/* A call of a code that the registry had no room for: it keeps its place on the stack, and gets no row. */
static void lose_nameless(struct trace *t, const struct stream *s)
{
    struct loss loss = {.cause = LOSS_INGEST_MEMORY,
                        .function = REGISTRY_NO_FUNCTION,
                        .events = 1,
                        .first_ns = s->now_ns,
                        .last_ns = s->now_ns};

    losses_add(t, &loss);
}

static void apply_call(struct trace *t, struct stream *s, const struct trail_record *r)
{
    struct code *code = registry_code(&t->registry, r->code);
    struct call *c = call_new(t);

    s->last_call++;
    s->trailing = 0;
    if (c == NULL)
        return;
    c->id = call_id(s, s->last_call);
    c->code = (uint32_t)r->code;
    c->start_ns = c->since_ns = s->now_ns;
    if (UNLIKELY(r->kind == TRAIL_CALL_FROM && r->flags & TRAIL_FROM_LATE)) {
        c->start_ns = c->since_ns = s->now_ns - units_ns(t, s, r->number);
        c->untimed = r->number == 0;
    }
    c->task = s->task;
    set_parent(t, s, c, r);
    set_caller(t, s, c, r);
    if (LIKELY(code != NULL)) {
        c->line = code->first_line;
        arguments_take(t, c, code, r);
    } else {
        lose_nameless(t, s);
    }
    stack_push(t, s, c);
}

/* A value as JSON in the scratch buffer. */
static void take_result(struct trace *t, struct ending *e, const struct trail_record *r)
{
    struct trail_bytes value = r->values;

    buf_clear(&t->scratch);
    if (value_json(&t->scratch, &value, &t->registry.types)) {
        e->result = t->scratch.data;
        e->result_len = t->scratch.len;
    }
}

static void end_top(struct trace *t, struct stream *s, struct ending *e)
{
    struct call *c = stack_top(s);

    if (c == NULL)
        return;
    stack_remove(s, s->depth - 1, s->now_ns);
    rows_call(t, s, c, e);
    call_free(t, c);
}

static void apply_return(struct trace *t, struct stream *s, const struct trail_record *r)
{
    struct ending e = {.outcome = OUTCOME_RETURN, .end_ns = s->now_ns};

    take_result(t, &e, r);
    end_top(t, s, &e);
}

static void apply_unwind(struct trace *t, struct stream *s)
{
    struct ending e = {.outcome = OUTCOME_EXCEPTION, .end_ns = s->now_ns, .exception = s->current};

    end_top(t, s, &e);
    /* It stays the current one: code that is not recorded, further out, may still handle it. */
    if (s->depth == 0 && s->current != 0) {
        s->trailing = s->current;
        exceptions_set(t, s->current, HANDLED_UNKNOWN, REGISTRY_NO_FUNCTION, 0);
    }
}

static void suspend(struct trace *t, struct call *c, int64_t now_ns)
{
    struct call *twin = c->id != 0 ? idmap_take(&t->suspended, c->id) : NULL;

    c->since_ns = now_ns;
    if (twin != NULL) /* only a damaged trail has two of a number */
        call_free(t, twin);
    if (c->id == 0) { /* a ghost that nobody can name */
        call_free(t, c);
    } else if (!idmap_put(&t->suspended, c->id, c)) {
        sink_fail(t->sink, ERR_FAILED, "memory is out");
        call_free(t, c);
    }
}

static void apply_yield(struct trace *t, struct stream *s)
{
    struct call *c = stack_top(s);

    if (c == NULL)
        return;
    stack_remove(s, s->depth - 1, s->now_ns);
    suspend(t, c, s->now_ns);
}

/* Takes a call from wherever it is; NULL when it is not known. */
static struct call *take_call(struct trace *t, uint64_t id, int64_t now_ns)
{
    struct stream *where;
    size_t place;
    struct call *c = trace_find_call(t, id, &where, &place);

    if (c == NULL)
        return NULL;
    if (where != NULL) {
        stack_remove(where, place, now_ns);
        c->since_ns = now_ns; /* its suspension was not seen: it has lasted no time */
    } else {
        idmap_take(&t->suspended, id);
        c->suspended_ns += now_ns - c->since_ns;
        c->since_ns = now_ns;
    }
    return c;
}

static void apply_resume(struct trace *t, struct stream *s, const struct trail_record *r)
{
    uint64_t id = referred(s, &r->ref);
    struct call *c = id != 0 ? take_call(t, id, s->now_ns) : NULL;
    struct call *top = stack_top(s);

    if (c == NULL) { /* its CALL was lost, or it was resumed before the start */
        c = call_new(t);
        if (c == NULL)
            return;
        c->id = id;
        c->start_ns = c->since_ns = s->now_ns;
        c->depth = top != NULL ? top->depth + 1 : 0;
    }
    c->resumes++;
    stack_push(t, s, c);
}

static void apply_end_of(struct trace *t, struct stream *s, const struct trail_record *r)
{
    uint64_t id = referred(s, &r->ref);
    struct ending e = {.outcome = (enum outcome)r->number, .end_ns = s->now_ns};
    struct call *c = id != 0 ? take_call(t, id, s->now_ns) : NULL;

    if (c == NULL)
        return;
    if (r->number == TRAIL_END_RETURNED)
        take_result(t, &e, r);
    else if (r->number == TRAIL_END_RAISED)
        e.exception = s->current;
    rows_call(t, s, c, &e);
    call_free(t, c);
}

/* ---- the rest --------------------------------------------------------------------------------- */

static void apply_reraise(struct trace *t, struct stream *s, const struct trail_record *r)
{
    if (r->number >= s->last_exception)
        return;
    s->current = call_id(s, s->last_exception - r->number);
    if (s->depth == 0)
        s->trailing = s->current;
    exceptions_set(t, s->current, HANDLED_UNKNOWN, REGISTRY_NO_FUNCTION, 0);
}

/* Where a thread of Python's ends: what is caught there has ended the thread. */
static bool is_last_resort(const struct code *code)
{
    return code != NULL && strcmp(code->qualified_name, "Thread._bootstrap_inner") == 0 &&
           strcmp(code->module, "threading") == 0;
}

static void apply_handled(struct trace *t, struct stream *s, const struct trail_record *r)
{
    struct call *top = stack_top(s);
    struct code *code = registry_code(&t->registry, r->code != 0  ? r->code
                                                    : top != NULL ? top->code
                                                                  : 0);

    if (s->current == 0)
        return;
    if (is_last_resort(code)) {
        if (s->current != s->system_exit)
            exceptions_set(t, s->current, HANDLED_NO, REGISTRY_NO_FUNCTION, 0);
        s->current = s->trailing = 0;
        return;
    }
    /* The instruction that takes an exception over belongs to no line: the `except` that follows does. */
    exceptions_set(t, s->current, HANDLED_YES,
                   code != NULL ? code->function_id : REGISTRY_NO_FUNCTION,
                   code != NULL ? registry_next_line(code, r->at) : 0);
    s->current = s->trailing = 0;
}

/* What a line tells of local variables, as JSON in the scratch buffer; NULL: nothing. */
static const struct buf *take_locals(struct trace *t, const struct trail_record *r)
{
    struct trail_bytes value = r->values;

    buf_clear(&t->scratch);
    return value_json(&t->scratch, &value, &t->registry.types) ? &t->scratch : NULL;
}

static void apply_line(struct trace *t, struct stream *s, const struct trail_record *r)
{
    struct call *c = stack_top(s);

    s->last_line++;
    if (c == NULL)
        return;
    if (s->line_call != c->id) {
        struct code *code = registry_code(&t->registry, c->code);

        s->line = code != NULL ? code->first_line : 0;
    }
    s->line_call = c->id;
    s->line = (int32_t)((int64_t)s->line + r->line_delta);
    c->line = s->line;
    rows_line(t, s, c, r->kind == TRAIL_EXTRA ? take_locals(t, r) : NULL);
}

static void apply_sync(struct trace *t, struct stream *s, const struct trail_record *r)
{
    s->line_call = 0;
    s->task = 0; /* a TASK follows, if one runs */
    if (s->lost || !restore_agrees(s, r))
        restore_stack(t, s, r);
}

static void apply_loss(struct trace *t, struct stream *s, const struct trail_record *r)
{
    struct loss loss = {.cause = r->number2,
                        .function = code_function(t, r->code),
                        .events = r->number,
                        .first_ns = s->now_ns,
                        .last_ns = s->now_ns};

    losses_add(t, &loss);
}

static void apply_extra(struct trace *t, struct stream *s, const struct trail_record *r)
{
    switch (r->flags) {
    case TRAIL_EXTRA_LINE:
        apply_line(t, s, r);
        break;
    case TRAIL_EXTRA_THINNED:
        if (s->depth > 0)
            stack_top(s)->child_ns += units_ns(t, s, r->number2);
        break;
    case TRAIL_EXTRA_TASK:
        tasks_apply(t, s, r);
        break;
    }
}

static void set_time(struct trace *t, struct stream *s)
{
    int64_t ns = timeline_ns(&t->timeline, s->ticks);

    if (ns > s->now_ns)
        s->now_ns = ns;
    if (s->first_ns == 0)
        s->first_ns = s->now_ns;
    if (s->now_ns > t->last_ns)
        t->last_ns = s->now_ns;
}

void pairing_apply(struct trace *t, struct stream *s)
{
    const struct trail_record *r = &s->record;

    set_time(t, s);
    t->events += r->kind != TRAIL_SYNC;
    switch (r->kind) {
    case TRAIL_CALL:
    case TRAIL_CALL_FROM:
        apply_call(t, s, r);
        break;
    case TRAIL_RETURN:
        apply_return(t, s, r);
        break;
    case TRAIL_YIELD:
        apply_yield(t, s);
        break;
    case TRAIL_RESUME:
        apply_resume(t, s, r);
        break;
    case TRAIL_RAISE:
        exceptions_raise(t, s, r);
        break;
    case TRAIL_RERAISE:
        apply_reraise(t, s, r);
        break;
    case TRAIL_HANDLED:
        apply_handled(t, s, r);
        break;
    case TRAIL_UNWIND:
        apply_unwind(t, s);
        break;
    case TRAIL_LINE:
        apply_line(t, s, r);
        break;
    case TRAIL_END_OF:
        apply_end_of(t, s, r);
        break;
    case TRAIL_SYNC:
        apply_sync(t, s, r);
        break;
    case TRAIL_LOSS:
        apply_loss(t, s, r);
        break;
    case TRAIL_EXTRA:
        apply_extra(t, s, r);
        break;
    case TRAIL_END:
        s->ended = true;
        break;
    }
}
