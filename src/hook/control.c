/* control.c - other settings while the program runs: the page that `breadcrumb set` writes, taken at an event. */
#include "base/base.h"

#include "hook/codes.h"
#include "hook/hook.h"
#include "recorder/recorder.h"

/* Without a GIL no other thread is at an event meanwhile, so nobody reads what is changed. */
static bool take(void)
{
    static char text[CONTROL_TEXT_BYTES + 1];
    int len;

    pyc_stop_world();
    len = control_take(&recorder.control, text, sizeof(text));
    if (len >= 0) {
        settings_parse_compiled(&hook.settings, text, (size_t)len);
        hook_apply_settings();
        codes_judge_again();
    }
    pyc_start_world();
    return len >= 0;
}

/* Needs the GIL, which everything has that reads hook.settings. The program's own exception, if one is live, stays. */
void hook_take_control(void)
{
    PyObject *live[3];

    if (hook_backend == NULL || !take())
        return;
    PyErr_Fetch(&live[0], &live[1], &live[2]);
    hook_backend->listen_again();
    PyErr_Restore(live[0], live[1], live[2]);
}
