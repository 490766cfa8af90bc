/* control.c - other settings while the program runs: the page that `breadcrumb set` writes, taken at an event. */
#include "base/base.h"

#include "hook/codes.h"
#include "hook/hook.h"
#include "recorder/recorder.h"

/* Needs the GIL, which everything has that reads hook.settings. The program's own exception, if one is live, stays. */
void hook_take_control(void)
{
    static char text[CONTROL_TEXT_BYTES + 1];
    PyObject *live[3];
    int len = control_take(&recorder.control, text, sizeof(text));

    if (len < 0 || hook_backend == NULL)
        return;
    settings_parse_compiled(&hook.settings, text, (size_t)len);
    hook_apply_settings();
    codes_judge_again();
    PyErr_Fetch(&live[0], &live[1], &live[2]);
    hook_backend->listen_again();
    PyErr_Restore(live[0], live[1], live[2]);
}
