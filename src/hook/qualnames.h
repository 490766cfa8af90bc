/*
 * qualnames.h - qualified names (`Class.method`, `outer.<locals>.inner`) for CPython 3.10, whose code objects do not know them.
 *
 * A name follows from where the code stands: the compiler keeps the code of inner functions and classes among the constants
 * of the code around them. So the first time that a code is seen, the names of all that is inside of it are noted; and at the
 * start, of all functions that exist. One thing is not seen so: a function that a `global` statement moves out.
 * Needs the GIL; calls no user code. Empty where PYC_HAS_QUALNAME.
 */
#ifndef HOOK_QUALNAMES_H
#define HOOK_QUALNAMES_H

#include "hook/pycompat.h"

/* Once, when the recording starts, after pyc_watch_codes(): codes that die have to be forgotten. */
void qualnames_start(void);
/* The name of a code, NUL-terminated, cut at size - 1 bytes; false when there is no memory to find it out. */
bool qualnames_copy(PyCodeObject *code, char *text, size_t size);
void qualnames_forget(PyCodeObject *code);

#endif
