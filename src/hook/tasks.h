/*
 * tasks.h - which asyncio task runs: its number, who made it, its name.
 *
 * A task comes onto a thread by a call that nobody who is recorded made: of its coroutine, or deeper in, where library code
 * stands between. There the running task is asked for, and every other call inherits it. Tasks have numbers of our own, found by
 * the object's address: the making of asyncio's own tasks is seen, and of others a weak reference says whether it is still that
 * object. No task lives longer for it. Needs the GIL; nothing here runs Python code or changes the exception that is set.
 */
#ifndef HOOK_TASKS_H
#define HOOK_TASKS_H

#include "hook/pycompat_tasks.h"
#include "recorder/event.h"

/* Is there asyncio in this process? Until it is imported nobody has to ask. */
extern bool tasks_on;

/* Looks whether asyncio was imported meanwhile; called for code that is seen for the first time. */
void tasks_discover(void);
/* Tells the recording when the task that runs now is not the one that was told last. */
void tasks_look(struct rec_thread *t);
/* In a forked child: what was told was told to the parent's trail. */
void tasks_clear(void);

/* May the call or step of `frame` run in another task than the top of the stack? `caller`: as call_begin() has it. */
static inline bool tasks_may_differ(const struct rec_thread *t,
                                    const struct _PyInterpreterFrame *frame,
                                    const struct _PyInterpreterFrame *caller)
{
    return t->top->call == 0 || t->top->frame != (uintptr_t)caller ||
           !pyc_called_directly(frame, caller);
}

#endif
