/* calls.c - see calls.h: the rare shapes of a call. */
#include "base/base.h"

#include "hook/calls.h"

#include "hook/value_private.h"

/* Does the program switch stacks inside a thread? Then frames that are not on the current chain are alive. */
static bool uses_greenlets(void)
{
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */

    return modules != NULL && value_dict_get(modules, "greenlet") != NULL;
}

void call_settle_above(struct rec_thread *t, struct rec_frame *f)
{
    if (!uses_greenlets())
        rec_abandon_above(t, f);
}

/* The innermost open call on the chain of frames that begins with `caller`; the bottom when there is none. */
static struct rec_frame *nearest_open(struct rec_thread *t, struct _PyInterpreterFrame *caller)
{
    struct _PyInterpreterFrame *f;

    if (t->top == t->stack)
        return t->stack;
    for (f = caller; f != NULL; f = pyc_caller(f))
        if ((uintptr_t)f == t->top->frame)
            return t->top;
    for (f = caller; f != NULL; f = pyc_caller(f))
        for (struct rec_frame *open = t->top; open > t->stack; open--)
            if ((uintptr_t)f == open->frame)
                return open;
    return t->stack;
}

void call_find_parent(struct rec_thread *t, struct _PyInterpreterFrame *caller,
                      struct trail_call_from *from)
{
    struct rec_frame *parent = nearest_open(t, caller);
    struct rec_frame *above = parent;

    memset(from, 0, sizeof(*from));
    if (parent != t->stack && parent != t->top)
        call_settle_above(t, parent);
    if (caller != NULL) {
        from->flags |= TRAIL_FROM_CALLER;
        from->caller_code = codes_name(pyc_frame_code(caller), pyc_frame_globals(caller));
        from->at = (uint64_t)(pyc_frame_position(caller) + 1);
    }
    while (parent > t->stack && parent->call == 0) /* not recorded itself: the nearest that is */
        parent--;
    if (parent == t->stack) {
        from->flags |= TRAIL_FROM_NO_PARENT;
        return;
    }
    while (above < t->top && above[1].call == 0)
        above++;
    if (above != t->top) {
        from->flags |= TRAIL_FROM_PARENT;
        from->ref = rec_ref(t, parent->call);
        from->ref.back += from->ref.back > 0; /* counted from this CALL's own number */
    }
}
