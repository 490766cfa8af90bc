/*
 * next.h - a next step as a command line that can be pasted into a shell. No state.
 */
#ifndef QUERY_NEXT_H
#define QUERY_NEXT_H

#include "base/buf.h"
#include "query/answer.h"

/* What this command line was given that the next needs too, each with a blank before it; "" where there is nothing. */
struct next_again {
    const char *database; /* " --db-path x" */
    const char *format;   /* " --format table"; not for commands that are no question */
};

/* "breadcrumb get 0198... --skip 1000": arguments that are words come in their order, options by their names. */
void next_command_line(const struct next_step *step, const struct next_again *again,
                       struct buf *out);
/* One word, quoted for a POSIX shell where it has to be. */
void next_quote(const char *word, struct buf *out);
/* One word in single quotes, whatever it holds: names in what we suggest come from the traced program. In the answer's arena. */
const char *next_single(struct answer *answer, const char *word);

#endif
