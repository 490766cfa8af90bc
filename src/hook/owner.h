/*
 * owner.h - the class that a generated method belongs to.
 *
 * dataclasses, attrs and others compile the text of a method, run it, and put the function into a class: its code
 * object never learns of which (`__create_fn__.<locals>.__init__`, or `__init__` alone). The class is found through the
 * first argument of a call. Slow path: once for each such code. Runs no user code, takes no reference. Needs the GIL.
 */
#ifndef HOOK_OWNER_H
#define HOOK_OWNER_H

#include "hook/describe.h"

/* Gives code that was compiled from a text (its file is `<...>`) the name `Class.method`, where the class of the first
 * argument of the call that begins in `frame` has it. Otherwise the name stays as it is. */
void owner_name(struct describe_code *about, PyCodeObject *code,
                const struct _PyInterpreterFrame *frame);

#endif
