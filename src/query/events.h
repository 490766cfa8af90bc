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
    /* Which of them; zero and NULL: all. */
    const char *thread_id;    /* the kernel's number of a thread, as text */
    const char *task_id;      /* the number of a task, as text */
    int64_t max_depth;        /* -1: any */
    int64_t since_ns;         /* 0: any */
    const char *function_ids; /* "(1,2)" */
};

/* An event as its ID names it: the ID's last 16 digits are number * 4 + kind (docs/store.md). */
enum event_kind { EVENT_CALL, EVENT_RETURN, EVENT_EXCEPTION, EVENT_LINE };
/* In the answer's arena. */
const char *events_id(struct answer *answer, const char *trace_id, int64_t number,
                      enum event_kind kind);

/* How many events there are without the page's limits. */
int events_count(const struct asking *ask, struct answer *answer, const struct events_page *page,
                 int64_t *ret_count, struct error *err);

/* Starts one with all events of a trace. */
static inline struct events_page events_page_of(const char *trace_id, int64_t skip, int64_t limit)
{
    return (struct events_page){
        .trace_id = trace_id, .skip = skip, .limit = limit, .max_depth = -1};
}

/* Adds the page's events to a part of events_columns, fewer when the answer reaches ask->max_bytes. */
int events_fetch(const struct asking *ask, struct answer *answer, struct part *part,
                 const struct events_page *page, struct error *err);

#endif
