/* exceptions.c - see calls.h: which exception is which, and what is written of a new one. */
#include "base/base.h"

#include "hook/calls.h"
#include "hook/value_private.h"

/* Is `tail` an entry of the traceback, at its head or (if not strict) anywhere? A traceback only grows at its head while
 * the exception crosses frames, so an object that is raised with a traceback that holds what was seen last is the
 * same exception, and one that does not is a new one at an address used again. */
static bool continues(PyObject *traceback, const void *tail, bool strict)
{
    PyTracebackObject *tb = (PyTracebackObject *)traceback;

    if (tail ==
        NULL) /* none was there yet (3.11: raised on the way into a call): then at most one frame is now */
        return tb == NULL || tb->tb_next == NULL;
    if (tb != NULL && strict)
        tb = tb->tb_next;
    for (; tb != NULL; tb = tb->tb_next)
        if (tb == tail)
            return true;
    return false;
}

static struct rec_exception *known(struct rec_thread *t, const struct call_exception *exception,
                                   bool strict)
{
    struct rec_exception *e = rec_exception_find(t, exception->value);

    if (e == NULL && PYC_MAKES_EXCEPTIONS_LATE &&
        t->recent[0].flying) /* only the traceback stays */
        e = &t->recent[0];
    if (e == NULL || !continues(exception->traceback, e->tail, strict))
        return NULL;
    e->object = exception->value;
    e->tail = exception->traceback;
    return e;
}

struct rec_exception *call_known(struct rec_thread *t, const struct call_exception *exception)
{
    return known(t, exception, false);
}

/* Frames of a RAISE, the raising one first. */
struct stack {
    struct trail_frame *frames; /* Borrowed: room for LIMIT_RAISE_FRAMES */
    size_t count;
    bool more;
};

static void add_frame(struct stack *s, PyCodeObject *code, PyObject *globals, int position)
{
    if (s->count == LIMIT_RAISE_FRAMES) {
        s->more = true;
        return;
    }
    s->frames[s->count].code = codes_name(code, globals);
    s->frames[s->count].at = (uint32_t)(position + 1);
    s->count++;
}

/* The frame of an exception that another thread has raised may be running there, and end meanwhile. */
static void add_entry(struct stack *s, const PyTracebackObject *tb)
{
    PyObject *object = (PyObject *)tb->tb_frame, *code, *globals;
    struct _PyInterpreterFrame *frame;

    if (!own_lock(object)) {
        s->more = true;
        return;
    }
    frame = pyc_frame_of_object(tb->tb_frame);
    code = own_hold((PyObject *)pyc_frame_code(frame));
    globals = own_hold(pyc_frame_globals(frame));
    own_unlock(object);
    if (code != NULL)
        add_frame(s, (PyCodeObject *)code, globals, tb->tb_lasti / (int)sizeof(_Py_CODEUNIT));
}

/* The traceback runs from the current frame to the raising one, which comes first here. */
static size_t add_traceback(struct stack *s, PyObject *traceback)
{
    PyTracebackObject *entries[LIMIT_RAISE_FRAMES];
    size_t n = 0;

    for (PyTracebackObject *tb = (PyTracebackObject *)traceback; tb != NULL; tb = tb->tb_next)
        entries[n++ % LIMIT_RAISE_FRAMES] = tb;
    for (size_t i = n; i > 0 && s->count < LIMIT_RAISE_FRAMES; i--)
        add_entry(s, entries[(i - 1) % LIMIT_RAISE_FRAMES]);
    if (n > LIMIT_RAISE_FRAMES)
        s->more = true;
    return n;
}

/* 3.11: the instance is not made yet, and `value` will be its argument, or its arguments if it is a tuple. */
static void message_of_arguments(struct value_text *out, PyObject *type, PyObject *value)
{
    if (PyTuple_Check(value) && PyTuple_GET_SIZE(value) == 1)
        value = PyTuple_GET_ITEM(value, 0);
    if (PyUnicode_Check(value) && type != PyExc_KeyError)
        value_text_str(out, value);
    else
        value_text_repr(out, value, 0);
}

/* The text has room for `size` bytes and REDACT_AHEAD. */
static size_t message_of(PyObject *type, PyObject *value, char *text, size_t size)
{
    struct value_text out = {text, text + size + REDACT_AHEAD, false};

    if (value == NULL)
        return 0;
    if (PyExceptionInstance_Check(value))
        return value_exception_message(value, text, size);
    message_of_arguments(&out, type, value);
    return value_text_finish(text, (size_t)(out.p - text), out.full, size);
}

void call_settle_flying(struct rec_thread *t)
{
    struct rec_exception *e = &t->recent[0];

    if (PYC_HAS_MONITORING || LIKELY(!e->flying))
        return;
    if (e->away)
        e->flying = false;
    else if (t->top->call != 0)
        rec_handled(t, e, 0, 0);
}

static struct rec_exception *raise_new(struct rec_thread *t, struct _PyInterpreterFrame *outer,
                                       const struct call_exception *exception)
{
    struct stack stack = {own_self->frames, 0, false};
    char *message = own_self->raised;
    struct trail_raise raise = {0};
    const void *context = NULL;

    call_settle_flying(t);
    if (add_traceback(&stack, exception->traceback) > 1)
        raise.flags |= TRAIL_RAISE_FOREIGN;
    for (; outer != NULL && !stack.more; outer = pyc_caller(outer))
        add_frame(&stack, pyc_frame_code(outer), pyc_frame_globals(outer),
                  pyc_frame_position(outer));
    if (stack.more)
        raise.flags |= TRAIL_RAISE_MORE_FRAMES;
    raise.type = value_type_id((PyTypeObject *)exception->type);
    raise.message = message;
    raise.message_len = message_of(exception->type, exception->value, message, OWN_RAISED);
    raise.frames = stack.frames;
    raise.nframes = stack.count;
    if (exception->value != NULL && PyExceptionInstance_Check(exception->value)) {
        PyBaseExceptionObject *value = (PyBaseExceptionObject *)exception->value;

        /* `from None` hides what was being handled; a traceback does not show it either. */
        context = value->suppress_context ? NULL : value->context;
        if (value->cause != NULL) {
            context = value->cause;
            raise.flags |= TRAIL_RAISE_IS_CAUSE;
        }
    }
    return rec_raise(t, exception->value, exception->traceback, &raise, context);
}

/* generator.close() throws it: an end, not an error. */
static bool is_closing(const struct call_exception *exception)
{
    return exception->type == PyExc_GeneratorExit;
}

/* The end of an iteration that the interpreter asked for itself (await, async for) comes as a RAISE too. It is no exception of
 * the program's: a StopIteration without a traceback, a StopAsyncIteration that no raise statement raised. */
static bool is_protocol(struct _PyInterpreterFrame *frame, const struct call_exception *exception)
{
    const PyTracebackObject *tb = (const PyTracebackObject *)exception->traceback;

    if (exception->type == PyExc_StopIteration)
        return tb == NULL;
    return exception->type == PyExc_StopAsyncIteration && (tb == NULL || tb->tb_next == NULL) &&
           !pyc_at_raise(frame);
}

struct rec_exception *call_raise(struct rec_thread *t, struct _PyInterpreterFrame *frame,
                                 const struct call_exception *exception)
{
    struct rec_exception *e;

    if (is_closing(exception) || is_protocol(frame, exception))
        return NULL;
    e = known(t, exception, true);
    if (e == NULL)
        return raise_new(t, pyc_caller(frame), exception);
    if (!e->flying) {
        rec_reraise(t, e);
        e = &t->recent[0];
    }
    e->away = false;
    return e;
}

void call_raise_elsewhere(struct rec_thread *t, const struct call_exception *exception)
{
    struct rec_exception *e = rec_exception_find(t, exception->value);

    /* The traceback's head is of this very frame: whatever lay at its address before, the tail lies behind it. */
    if (e != NULL && !continues(exception->traceback, e->tail, true)) {
        e->object = NULL;
        e->flying = false;
    }
}

/* A call that is not recorded ends by an exception: that is odd. True: it is recorded now. Before 3.12 nothing is heard of what is
 * raised inside of such a call until here. */
static bool promote_raising(struct rec_thread *t, struct rec_frame *f,
                            struct _PyInterpreterFrame *frame,
                            const struct call_exception *exception, bool timed)
{
    struct trail_slot *slot = f->slot != NULL ? f->slot : rec_slot_of(f->code);

    if (!PYC_HAS_MONITORING)
        call_raise_elsewhere(t, exception);
    return rec_function_odd(slot, clock_ticks(t->clock)) && call_promote(t, f, frame, timed);
}

static void end_by(struct rec_thread *t, struct rec_frame *f, struct _PyInterpreterFrame *outer,
                   const struct call_exception *exception)
{
    struct rec_exception *e;

    if (is_closing(exception)) {
        rec_end_of(t, f, TRAIL_END_CLOSED);
        return;
    }
    e = known(t, exception, false);
    if (e == NULL)
        e = raise_new(t, outer, exception);
    if (e == NULL)
        rec_end_of(t, f, TRAIL_END_UNSEEN);
    else
        rec_unwind(t, f, e);
}

void call_unwind(struct rec_thread *t, struct _PyInterpreterFrame *frame,
                 struct _PyInterpreterFrame *outer, const struct call_exception *exception)
{
    struct rec_frame *f = rec_find(t, (uintptr_t)frame);

    if (f == NULL)
        return;
    if (f != t->top)
        call_settle_above(t, f);
    if (is_closing(exception) || f->call != 0 ||
        promote_raising(t, f, frame, exception, f->slot != NULL))
        end_by(t, f, outer, exception);
    else
        rec_raise_timed(t, f);
}

void call_unwind_counted(struct rec_thread *t, struct code_entry *e,
                         struct _PyInterpreterFrame *frame, struct _PyInterpreterFrame *outer,
                         const struct call_exception *exception)
{
    struct trail_slot *slot = e->f.slot;

    if (is_closing(exception))
        return;
    if (t != NULL && e->f.gear == REC_COUNTED &&
        rec_push(t, (uintptr_t)frame, 0, e->f.code, NULL, clock_ticks(t->clock))) {
        if (promote_raising(t, t->top, frame, exception, false)) {
            end_by(t, t->top, outer, exception);
            return;
        }
        t->top--;
    }
    trail_add64(&slot->raised, 1);
}
