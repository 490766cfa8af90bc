/*
 * lines.h - the lines that recorded calls run, where the setting `lines` is on, and with `locals` the local variables: the
 * same for both backends. Needs the GIL; raises nothing, and runs nothing of the program's but what values = repr asks for.
 */
#ifndef HOOK_LINES_H
#define HOOK_LINES_H

#include "hook/hook.h"
#include "recorder/event.h"

/* The same with the local variables that are other than at this call's line before. */
void lines_put_locals(struct rec_thread *t, const struct _PyInterpreterFrame *frame,
                      PyCodeObject *code, int64_t line, int64_t first_line);
/* Forgets what was told: in a forked child the calls' numbers are used again. */
void lines_clear(void);

/* The recorded call on top, which runs `code` in `frame`, begins the line. */
static inline void lines_put(struct rec_thread *t, const struct _PyInterpreterFrame *frame,
                             PyCodeObject *code, int64_t line)
{
    int64_t first_line = code->co_firstlineno > 0 ? code->co_firstlineno : 0;

    if (UNLIKELY(hook.settings.locals))
        lines_put_locals(t, frame, code, line, first_line);
    else
        rec_line(t, line, first_line);
}

#endif
