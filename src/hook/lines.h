/*
 * lines.h - the lines that recorded calls run, where the setting `lines` is on: the same for both backends.
 * Needs the GIL; raises nothing.
 */
#ifndef HOOK_LINES_H
#define HOOK_LINES_H

#include "hook/pycompat.h"
#include "recorder/event.h"

/* The recorded call on top, which runs `code`, begins the line. */
static inline void lines_put(struct rec_thread *t, const PyCodeObject *code, int64_t line)
{
    rec_line(t, line, code->co_firstlineno > 0 ? code->co_firstlineno : 0);
}

#endif
