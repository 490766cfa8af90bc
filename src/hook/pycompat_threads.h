/*
 * pycompat_threads.h - objects that other threads change while they are read, in a Python without a GIL: a part of pycompat.h, which
 * includes it. What is made of it is in own.h.
 */
#ifndef HOOK_PYCOMPAT_THREADS_H
#define HOOK_PYCOMPAT_THREADS_H

#ifndef HOOK_PYCOMPAT_H
#error "include hook/pycompat.h"
#endif

#if PYC_CONCURRENT

/* Takes the lock that every change of the object's contents needs, if nobody has it. Between this and pyc_unlock() the thread may not
 * wait for anything of the interpreter's, nor run Python: it would not let go of the lock, as a critical section does. */
static inline bool pyc_try_lock(PyObject *object)
{
    uint8_t bits = __atomic_load_n(&object->ob_mutex._bits, __ATOMIC_RELAXED);

    return !(bits & _Py_LOCKED) &&
           __atomic_compare_exchange_n(&object->ob_mutex._bits, &bits, (uint8_t)(bits | _Py_LOCKED),
                                       false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void pyc_unlock(PyObject *object)
{
    PyMutex_Unlock(&object->ob_mutex);
}

/* A new reference to what is in the field of a living object, which others may replace at any time: the interpreter keeps the memory
 * of a dead object an object until all threads have passed a point that this one does not pass here. NULL: none, or it cannot
 * be had. */
static inline PyObject *pyc_try_ref(PyObject *const *field)
{
    return _Py_TryXGetRef((PyObject **)(uintptr_t)field);
}

/* Stops all other threads of the interpreter outside of C code like ours, until pyc_start_world(). */
static inline void pyc_stop_world(void)
{
    _PyEval_StopTheWorld(PyInterpreterState_Get());
}

static inline void pyc_start_world(void)
{
    _PyEval_StartTheWorld(PyInterpreterState_Get());
}

#else

static inline void pyc_stop_world(void)
{
}

static inline void pyc_start_world(void)
{
}

#endif
#endif
