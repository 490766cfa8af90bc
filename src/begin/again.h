/* again.h - breadcrumb.init() in a process that is being recorded already: what its keywords change. Host only, no state. */
#ifndef BEGIN_AGAIN_H
#define BEGIN_AGAIN_H

#include "base/error.h"
#include "settings/settings.h"

/* `s` is what was loaded and set for this call, `dir` the trail folder of the process. What the keywords and the profile name is
 * written to its control page; what they do not name stays as it is. ERR_INVALID_SETTING, and nothing is changed, when one of
 * them cannot change any more and is not what it is anyway; other errors are of the system. */
int again_change(struct settings *s, const char *dir, struct error *err);

#endif
