/* report.c - the question `report`: what a run did, on one page. It picks the processes, and lets each part add what there
 * is to say; the report_*.c beside it have the parts. */
#include "base/base.h"

#include "query/report.h"
#include "query/trace_id.h"

static const struct argument ARGS[] = {
    {.name = "trace",
     .letter = 't',
     .type = ARGUMENT_TRACE,
     .metavar = "ID",
     .help = "one process: its ID or the beginning of it, last, last~1; by default all of the "
             "latest run"},
    {.name = "run", .type = ARGUMENT_TRACE, .metavar = "ID", .help = "all processes of this run"},
    {.name = "timed-out",
     .type = ARGUMENT_FLAG,
     .help = "the report of a run that was stopped by its timeout; by default where that is known"},
};

struct part *report_begin(struct report *r, const struct question_part *declared, const char *title)
{
    struct part *part = answer_part(r->answer, declared->kind, declared->name, declared->columns,
                                    declared->ncolumns);

    if (part != NULL) {
        part->title = title;
        part->flags |= declared->flags;
    }
    return part;
}

/* Which processes: one that was named, those of a run that was named, or those of the run of the latest. */
static int pick(struct report *r, struct error *err)
{
    const char *trace = arguments_text(r->ask->args, "trace"),
               *run = arguments_text(r->ask->args, "run");
    int ret;

    r->params[0] = store_text("trace", NULL);
    r->params[1] = store_text("run", NULL);
    if (trace != NULL && run != NULL)
        return error_set(err, ERR_USAGE, "either --trace or --run, not both");
    if (run != NULL) {
        struct uuid id;

        if (!uuid_parse(run, &id)) {
            error_set(err, ERR_TRACE_NOT_FOUND, "No run found with ID: %s", run);
            return error_suggest(err, "Use 'breadcrumb list' to find available runs: run_id");
        }
        snprintf(r->run_id, sizeof(r->run_id), "%s", run);
        r->params[1] = store_text("run", r->run_id);
        return 0;
    }
    ret = trace_id_resolve(r->ask, trace != NULL ? trace : "last", r->trace_id, err);
    if (ret < 0)
        return ret;
    r->params[0] = store_text("trace", r->trace_id);
    return 0;
}

/* Without --trace the report is about the whole run of the latest process, if it had one. */
static int widen_to_run(struct report *r, struct error *err)
{
    struct store_query query = {
        .sql = "SELECT run_id FROM traces WHERE id = $trace::UUID AND run_id IS NOT NULL",
        .params = r->params,
        .nparams = ARRAY_SIZE(r->params)};
    struct rows *rows = NULL;
    int ret;

    if (arguments_given(r->ask->args, "trace") || arguments_given(r->ask->args, "run"))
        return 0;
    ret = store_query(r->ask->store, &query, &rows, err);
    if (ret < 0)
        return ret;
    ret = rows_next(rows, err);
    if (ret > 0) {
        snprintf(r->run_id, sizeof(r->run_id), "%s", rows_text(rows, 0, NULL));
        r->params[1] = store_text("run", r->run_id);
    }
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

static int list_traces(struct report *r, struct error *err)
{
    char where[2 * UUID_TEXT + 60] = "false";

    if (r->run_id[0] != '\0')
        snprintf(where, sizeof(where), "run_id = '%s'::UUID", r->run_id);
    if (r->trace_id[0] != '\0')
        snprintf(where + strlen(where), sizeof(where) - strlen(where), " OR id = '%s'::UUID",
                 r->trace_id);
    return scope_list(r->ask, where, r->traces, err);
}

typedef int add_part(struct report *r, struct error *err);

static int add_parts(struct report *r, add_part *const *parts, struct error *err)
{
    for (; *parts != NULL; parts++) {
        int ret = (*parts)(r, err);

        if (ret < 0)
            return ret;
    }
    return 0;
}

static int ask_report(const struct asking *ask, struct answer *answer, struct error *err)
{
    static add_part *const HEAD[] = {report_header, NULL};
    static add_part *const RUN[] = {report_metrics,  report_exceptions, report_tree,
                                    report_top,      report_stack,      report_processes,
                                    report_losses,   report_stopped,    report_recommendations,
                                    report_excludes, report_tips,       NULL};
    static add_part *const TIMEOUT[] = {
        report_metrics,     report_verdicts,        report_top,
        report_last_events, report_stack,           report_exceptions,
        report_processes,   report_losses,          report_stopped,
        report_excludes,    report_recommendations, NULL};
    struct report r = {.ask = ask,
                       .answer = answer,
                       .profile = "<name>",
                       .timed_out = arguments_flag(ask->args, "timed-out")};
    int ret = pick(&r, err);

    if (ret == 0)
        ret = widen_to_run(&r, err);
    if (ret == 0)
        ret = list_traces(&r, err);
    if (ret == 0)
        ret = add_parts(&r, HEAD, err);
    if (ret < 0)
        return ret;
    answer->heading = r.timed_out ? "BREADCRUMB TIMEOUT REPORT" : "BREADCRUMB RUN REPORT";
    ret = add_parts(&r, r.timed_out ? TIMEOUT : RUN, err);
    if (ret == 0)
        report_next(&r);
    return ret;
}

static const struct question_part *const PARTS[] = {
    &report_part_header,          &report_part_metrics, &report_part_verdicts,
    &report_part_exceptions,      &report_part_tree,    &report_part_by_count,
    &report_part_by_time,         &report_part_events,  &report_part_stack,
    &report_part_processes,       &report_part_threads, &report_part_losses,
    &report_part_stopped,         &report_part_dropped, &report_part_thinned,
    &report_part_recommendations, &report_part_tips,    NULL,
};

static const char *const EXAMPLES[] = {
    "breadcrumb report --format table",
    "the report of the latest run, for reading",
    "breadcrumb report --trace last~1",
    "of the process before the last",
    NULL,
};

const struct question question_report = {
    .name = "report",
    .summary = "sum up a run: what it did, what it raised, where its time went, what to ask next",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .ask = ask_report,
};
