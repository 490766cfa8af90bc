/* plain.h - what the forms for people share: an error as one line, and what was left out. */
#ifndef RENDER_PLAIN_H
#define RENDER_PLAIN_H

#include "render/format.h"

/* "breadcrumb: cannot ...; do this instead" */
void plain_error(const struct error *problem, const struct target *to);
/* One line each, after the word `before`: "990 more traces: older than these". */
void plain_omitted(const struct answer *answer, const char *before, const struct target *to);
/* "Next:" and one line for each next step. */
void plain_next(const struct answer *answer, const struct target *to);

#endif
