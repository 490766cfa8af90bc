/* announce.h - the line that is said when a recording begins, by `run` and for breadcrumb.init(). No state. */
#ifndef BEGIN_ANNOUNCE_H
#define BEGIN_ANNOUNCE_H

#include "settings/settings.h"

struct run_place;

/* Says on stderr that and how it is recorded. */
void announce_run(const struct settings *s, const struct run_place *place);

#endif
