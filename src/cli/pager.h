/*
 * pager.h - a long answer on a terminal goes through a pager, as in git: BREADCRUMB_PAGER, else PAGER, else less.
 */
#ifndef CLI_PAGER_H
#define CLI_PAGER_H

#include "base/base.h"

struct pager {
    FILE *kept; /* Owned: what is written meanwhile; NULL: it goes to stdout at once */
    char *text; /* Owned by kept until that is closed, then by the pager */
    size_t len;
};

/* The stream to write the answer to: memory when stdout is a terminal that one can page on, else stdout. Borrowed. */
FILE *pager_begin(struct pager *p);
/* Shows what was written: on the terminal when it has room for it or no pager can be started, else in the pager, and
 * returns when that has ended. Frees what pager_begin() made. */
void pager_end(struct pager *p);

#endif
