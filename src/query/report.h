/* report.h - what the files of the question `report` share. Private to them. */
#ifndef QUERY_REPORT_H
#define QUERY_REPORT_H

#include "base/uuid.h"
#include "query/fetch.h"
#include "query/infrastructure.h"
#include "query/scope.h"

#define REPORT_TREE_EVENTS 100 /* up to so many events the whole call tree is drawn */
#define REPORT_TOP 10
#define REPORT_TOP_TIMEOUT 20
#define REPORT_LAST_EVENTS 10

/* The processes that the report is about; $trace and $run are in every query's params, one of them NULL. */
#define REPORT_PICKED \
    "WITH picked AS (SELECT * FROM traces WHERE id = $trace::UUID OR run_id = $run::UUID) "
/* How a function is named; f is a row of functions. */
#define REPORT_NAME "(f.module_name || '.' || f.function_name)"

/* Two arguments for "%.*f": short times need more digits, down to the nanosecond. */
#define REPORT_MS(ms) (ms) < 0.01 ? 6 : (ms) < 1 ? 3 : 2, (ms)

struct report {
    const struct asking *ask; /* Borrowed */
    struct answer *answer;    /* Borrowed */
    struct store_param params[2];
    char trace_id[UUID_TEXT];      /* of the first process */
    char busiest_trace[UUID_TEXT]; /* of that with the most calls */
    char run_id[UUID_TEXT];
    char traces[SCOPE_TRACES_BYTES]; /* the processes, to stand behind IN */
    bool timed_out;
    double timeout_s; /* that `run` was given; 0: not known */

    /* What the parts found out, for those that come after them. */
    int64_t processes, threads, events, exceptions, open_calls, unhandled;
    int64_t stopped;                                /* processes whose recording stopped itself */
    int64_t overflows, hot_threshold, hot_window_s; /* where one has; the threshold -1: not known */
    bool stopped_by_disk;                           /* it was full, and not the quota */
    bool running;
    const char *command;                                         /* of the first process */
    struct infrastructure_function top[INFRASTRUCTURE_LOOKS_AT]; /* the most called */
    size_t ntop;
    const char *profile; /* of the run, as a word; "<name>": none */
    const char
        *excludable;     /* module of the most called that a profile could leave out; NULL: none */
    const char *busiest; /* module.function with the most calls; NULL: none */
    const char *busiest_module;
    int64_t busiest_calls;
    int64_t most_calls;    /* of busiest_trace */
    const char *slowest;   /* the function with the most self time */
    const char *raised_in; /* a function that raised what nobody handled */
    int64_t thinned;
};

/* Each adds its part to the answer, if there is something to say. */
int report_header(struct report *r, struct error *err);
int report_metrics(struct report *r, struct error *err);
int report_exceptions(struct report *r, struct error *err);
int report_tree(struct report *r, struct error *err);
int report_top(struct report *r, struct error *err);
int report_stack(struct report *r, struct error *err);
int report_verdicts(struct report *r, struct error *err);
int report_last_events(struct report *r, struct error *err);
int report_processes(struct report *r, struct error *err);
int report_losses(struct report *r, struct error *err);
int report_stopped(struct report *r, struct error *err);
int report_excludes(struct report *r, struct error *err);
int report_tips(struct report *r, struct error *err);
int report_recommendations(struct report *r, struct error *err);
void report_next(struct report *r);

extern const struct question_part report_part_header, report_part_metrics, report_part_exceptions,
    report_part_tree, report_part_by_count, report_part_by_time, report_part_stack,
    report_part_events, report_part_processes, report_part_threads, report_part_losses,
    report_part_tips, report_part_recommendations, report_part_stopped, report_part_dropped,
    report_part_thinned, report_part_verdicts;

/* The stack as the main part of an answer of its own. */
extern const struct question_part report_part_stack_alone;

/* A part of the answer as it was declared. NULL when the answer is full. */
struct part *report_begin(struct report *r, const struct question_part *declared,
                          const char *title);

#endif
