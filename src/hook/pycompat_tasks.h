/*
 * pycompat_tasks.h - the part of pycompat.h that concerns asyncio: which task runs, and who called whom. The same rules; included
 * by tasks.h alone.
 */
#ifndef HOOK_PYCOMPAT_TASKS_H
#define HOOK_PYCOMPAT_TASKS_H

#include "hook/pycompat.h"

#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_tstate.h>
#endif

/* Does the thread's state say which task runs? Before, asyncio keeps a dict. */
#define PYC_KEEPS_TASK (PY_VERSION_HEX >= 0x030e0000)

/* The task that runs in this thread; NULL: none, or the thread's state does not say. */
static inline PyObject *pyc_running_task(void)
{
#if PYC_KEEPS_TASK
    return ((const _PyThreadStateImpl *)PyThreadState_Get())->asyncio_running_task;
#else
    return NULL;
#endif
}

/* Did the code of `caller` call `frame`, and no C code in between? False also where that cannot be seen and it matters: before 3.12 a
 * coroutine may have been called by a task. */
static inline bool pyc_called_directly(const struct _PyInterpreterFrame *frame,
                                       const struct _PyInterpreterFrame *caller)
{
#if PYC_HAS_MONITORING
    return pyc_previous(frame) == caller;
#else
    (void)caller;
    return !pyc_suspends(frame);
#endif
}

#endif
