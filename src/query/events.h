/*
 * events.h - a page of a trace's events in the order of time. For questions only.
 *
 * The view trace_events makes JSON of every row that it passes on, so it is never sorted or searched as a whole: first the
 * page's events are found by narrow columns, then the view is asked for just these.
 */
#ifndef QUERY_EVENTS_H
#define QUERY_EVENTS_H

#include "query/fetch.h"

extern const struct column events_columns[];
#define EVENTS_NCOLUMNS 14

struct events_page {
    const char *trace_id;
    int64_t skip, limit;
};

/* Adds the page's events to a part of events_columns, fewer when the answer reaches ask->max_bytes. */
int events_fetch(const struct asking *ask, struct answer *answer, struct part *part,
                 const struct events_page *page, struct error *err);

#endif
