/* ears.h - the left-out code that stays switched on, so that a program hears of settings that have changed while it runs.
 *
 * From Python 3.12 on, code that is left out is switched off and costs nothing; but a program that runs nothing else would raise no
 * event any more, and through events alone the recorder looks at its control page. So a few functions stay on: those that are called
 * too often to be rare and too rarely to cost anything. All of them together cost at most 200,000 events a second, which is 0.6 % of
 * a processor. Called with the GIL held, or what stands in for it. */
#ifndef BREADCRUMB_HOOK_EARS_H
#define BREADCRUMB_HOOK_EARS_H

#include "hook/codes.h"

/* Should code that is left out be switched off now, at this call of it? Never for what is called at most 20 times a second. */
bool ears_may_rest(struct code_entry *e);

#endif
