/*
 * page.h - what a process's statistics page says (trail/page.h), taken over as a whole at each save: its numbers are those since
 * the process began, so that it is idempotent. Not for other rooms.
 */
#ifndef INGEST_PAGE_H
#define INGEST_PAGE_H

#include "ingest/trace.h"

/* Reads the page into t->stats (what was thinned) and t->page; a trace without one has nothing of either. After registry_read. */
void page_take(struct trace *t);
/* Makes the rows of `losses` say what the page says. */
void page_save_losses(struct trace *t);

#endif
