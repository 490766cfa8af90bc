/* own.c - see own.h. */
#include "base/base.h"

#include "hook/own.h"

#if PYC_CONCURRENT

#include "hook/codes.h"
#include "hook/forget.h"
#include "hook/value_private.h"
#include "recorder/thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#define HELD 4096                            /* objects of one event; more are not found */
#define LOCKED (4 * (LIMIT_VALUE_DEPTH + 1)) /* at once; the rest is shown without contents */
/* How long is waited for another thread that reads or changes the object: some microseconds, and then some turns of others. */
#define SPINS 100
#define TURNS 8

struct thread {
    struct own own;
    struct codes codes;
    PyObject *held[HELD]; /* Owned */
    unsigned nheld;
    PyObject *locked[LOCKED]; /* Borrowed */
    unsigned nlocked;
    struct value_type types[VALUE_TYPES] __attribute__((aligned(FORGET_PAGE)));
};

__thread struct own *own_self;
static pthread_key_t ending;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct thread *mine(void)
{
    return (struct thread *)own_self; /* its first member */
}

/* The recording first, which stands on this. */
static void release(void *memory)
{
    if (rec_self != NULL)
        rec_thread_close(rec_self);
    codes_leave();
    own_self = NULL;
    value_types = NULL;
    munmap(memory, sizeof(struct thread));
}

static void make_key(void)
{
    pthread_key_create(&ending, release);
}

bool own_make(void)
{
    struct thread *t =
        mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (t == MAP_FAILED)
        return false;
    pthread_once(&once, make_key);
    if (pthread_setspecific(ending, t) != 0) {
        munmap(t, sizeof(*t));
        return false;
    }
    own_self = &t->own;
    value_types = t->types;
    codes_enter(&t->codes);
    return true;
}

/* ---- locks ------------------------------------------------------------------------------- */

static bool has_locked(const struct thread *t, const PyObject *object)
{
    for (unsigned i = 0; i < t->nlocked; i++)
        if (t->locked[i] == object)
            return true;
    return false;
}

static __attribute__((noinline)) bool wait_for(const struct thread *t, PyObject *object)
{
    if (has_locked(t, object))
        return true;
    for (int i = 0; i < SPINS + TURNS; i++) {
        if (i >= SPINS)
            sched_yield();
        else
            __asm__ volatile("" ::: "memory");
        if (pyc_try_lock(object))
            return true;
    }
    return false;
}

bool own_lock(PyObject *object)
{
    struct thread *t = mine();

    if (UNLIKELY(t == NULL || t->nlocked == LOCKED))
        return false;
    if (UNLIKELY(!pyc_try_lock(object)) && !wait_for(t, object))
        return false;
    t->locked[t->nlocked++] = object;
    return true;
}

void own_unlock(PyObject *object)
{
    struct thread *t = mine();

    t->nlocked--;
    if (LIKELY(!has_locked(t, object)))
        pyc_unlock(object);
}

/* ---- references -------------------------------------------------------------------------- */

PyObject *own_hold(PyObject *object)
{
    struct thread *t = mine();

    if (object == NULL || t == NULL || t->nheld == HELD)
        return NULL;
    t->held[t->nheld++] = Py_NewRef(object);
    return object;
}

PyObject *own_read(PyObject *const *field)
{
    struct thread *t = mine();
    PyObject *object;

    if (t == NULL || t->nheld == HELD)
        return NULL;
    object = pyc_try_ref(field);
    if (object != NULL)
        t->held[t->nheld++] = object;
    return object;
}

PyObject *own_cell_content(PyObject *cell)
{
    PyObject *content;

    if (cell == NULL || !PyCell_Check(cell))
        return cell;
    if (!own_lock(cell))
        return NULL;
    content = own_hold(((PyCellObject *)cell)->ob_ref);
    own_unlock(cell);
    return content;
}

PyObject *own_local(const struct _PyInterpreterFrame *frame, const PyCodeObject *code, unsigned i)
{
    PyObject *value = pyc_frame_slot(frame, i);

    return pyc_argument_in_cell(code, i) ? own_cell_content(value) : value;
}

PyObject *own_traceback(PyObject *exception)
{
    PyObject *traceback = PyException_GetTraceback(exception); /* New reference. It may wait. */
    PyObject *held = own_hold(traceback);

    Py_XDECREF(traceback);
    return held;
}

PyObject *own_item(PyObject *dict, const char *key)
{
    PyObject *item = NULL, *held; /* New reference */

    if (PyDict_GetItemStringRef(dict, key, &item) < 0)
        PyErr_Clear();
    held = own_hold(item);
    Py_XDECREF(item);
    return held;
}

/* What dies here has been dropped by the program meanwhile: its finalizer runs now, and the exception that is set stays. */
static __attribute__((noinline)) void drop(struct thread *t)
{
    struct pyc_error live;

    pyc_error_save(&live);
    while (t->nheld > 0)
        Py_DECREF(t->held[--t->nheld]);
    pyc_error_restore(&live);
}

void own_end(void)
{
    struct thread *t = mine();

    if (UNLIKELY(t != NULL && t->nheld > 0))
        drop(t);
}

#else

struct own own_memory;

#endif
