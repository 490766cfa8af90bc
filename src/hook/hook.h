/*
 * hook.h - what the files of this room share: the settings of the recording and the two backends behind one
 * small interface. A backend listens to CPython and calls calls.h; nothing below it knows which one it is.
 *
 * Everything here needs the GIL.
 */
#ifndef HOOK_HOOK_H
#define HOOK_HOOK_H

#include "hook/pycompat.h"
#include "hook/value.h"
#include "settings/filter.h"
#include "settings/settings.h"

struct hook {
    struct settings settings; /* of this run, as `breadcrumb run` compiled them */
    struct filter filter;
    struct value_limits limits; /* of values, from the settings */
    struct value_limits
        self_limits; /* the same for `self`, which comes with every call of a method: one level less */
    bool lines;      /* lines are told: asked for, or needed by locals */
    /* What the shortest way takes of a str: fewer characters than this. 0: it takes nothing, limits or the setting `values` ask for more. */
    uint32_t quick_chars;
    uint64_t sample_below; /* a call is in when 32 random bits are below this; 1 << 32: all */
};

extern struct hook hook;

/* The code's number of the call whose arguments are being told, by this thread with values = repr; 0: none is. */
extern __thread uint32_t call_being_told;

struct hook_backend {
    const char *name; /* as in the setting `backend` */
    /* Starts listening; NULL or, static, why it cannot. */
    const char *(*start)(void);
    void (*stop)(void);
    /* No call begins to be recorded while it is paused; those that are open still end. */
    void (*pause)(bool paused);
    /* All code has to be judged again: code that was switched off is heard once more. */
    void (*listen_again)(void);
};

/* What the recording listens with; NULL: this process is not recorded. */
extern const struct hook_backend *hook_backend;

/* Makes what the hot path reads from hook.settings. */
void hook_apply_settings(void);
/* Takes what the control page wants changed (control.c). Called at any event when control_changed(). */
void hook_take_control(void);

extern const struct hook_backend hook_monitoring; /* pep669: CPython 3.12 and later */
extern const struct hook_backend hook_eval_frame; /* settrace: PEP 523, CPython 3.10 and 3.11 */

#endif
