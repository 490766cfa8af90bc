/*
 * own.h - what a Python without a GIL asks of whoever reads objects: memory that each thread has to itself, and objects that stay
 * as they are while they are read.
 *
 * With a GIL all of this is nothing: the memory is static, no object changes under the hands of an event. Without one
 *   - own_lock() takes an object's own lock, under which the interpreter changes lists, dicts, sets, instances and exceptions. It never
 *     waits for long, since who waits for an object lets go of others, which nobody here can: where it fails the object is
 *     shown without its contents. Who holds one runs no Python, waits for nothing, lets go of no reference; he may take it again.
 *   - own_hold() and own_read() keep what was found in an object alive until the event is over, where no lock does. So what
 *     is Borrowed stays so; but they may say NULL.
 * Objects that cannot change (int, str, bytes, tuple, frozenset ...) and what a running frame holds need nothing of this.
 *
 * A thread has its memory from own_begin() on, which comes before all else at each event, until it ends. own_end() comes last.
 */
#ifndef HOOK_OWN_H
#define HOOK_OWN_H

#include "base/limits.h"
#include "hook/pycompat.h"
#include "redact/redact.h"
#include "trail/encode.h"

#define OWN_TEXT (LIMIT_RECORD_BYTES / 2) /* of one text without its secrets */
#define OWN_MESSAGE 4096                  /* of an exception */
#define OWN_RAISED 1024                   /* of it, in the record of a raise */

/* Memory for one thing at a time. */
struct own {
    char narrowed[OWN_TEXT + REDACT_AHEAD], made[OWN_TEXT]; /* value_redact.c */
    char name[LIMIT_NAME_BYTES + REDACT_AHEAD];
    char message[OWN_MESSAGE + REDACT_AHEAD]; /* value_exception.c */
    PyObject *being_made;                     /* Borrowed */
    char raised[OWN_RAISED + REDACT_AHEAD];   /* exceptions.c */
    struct trail_frame frames[LIMIT_RAISE_FRAMES];
};

#if PYC_CONCURRENT

/* NULL before own_begin(). */
extern __thread struct own *own_self __attribute__((tls_model("initial-exec")));

/* False: there is no memory for it, and nothing can be done for this event. */
bool own_make(void);

static inline bool own_begin(void)
{
    return LIKELY(own_self != NULL) || own_make();
}

bool own_lock(PyObject *object);
void own_unlock(PyObject *object); /* the last that own_lock() took */
/* `object`: alive at this moment, or NULL. */
PyObject *own_hold(PyObject *object);
PyObject *own_read(PyObject *const *field);
/* As pyc_cell_content() and pyc_local(). */
PyObject *own_cell_content(PyObject *cell);
PyObject *own_local(const struct _PyInterpreterFrame *frame, const PyCodeObject *code, unsigned i);
/* Of an exception. Other threads may raise the same one. */
PyObject *own_traceback(PyObject *exception);
/* Of a dict whose keys are str. An exception that is set gets lost. */
PyObject *own_item(PyObject *dict, const char *key);
void own_end(void);

#else

extern struct own own_memory;
#define own_self (&own_memory)

static inline bool own_begin(void)
{
    return true;
}

static inline bool own_lock(PyObject *object)
{
    (void)object;
    return true;
}

static inline void own_unlock(PyObject *object)
{
    (void)object;
}

static inline PyObject *own_hold(PyObject *object)
{
    return object;
}

static inline PyObject *own_read(PyObject *const *field)
{
    return *field;
}

static inline PyObject *own_cell_content(PyObject *cell)
{
    return pyc_cell_content(cell);
}

static inline PyObject *own_local(const struct _PyInterpreterFrame *frame, const PyCodeObject *code,
                                  unsigned i)
{
    return pyc_local(frame, code, i);
}

static inline PyObject *own_traceback(PyObject *exception)
{
    return ((PyBaseExceptionObject *)exception)->traceback;
}

static inline PyObject *own_item(PyObject *dict, const char *key)
{
    return PyDict_GetItemString(dict, key);
}

static inline void own_end(void)
{
}

#endif
#endif
