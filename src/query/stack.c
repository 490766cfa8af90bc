/* stack.c - the question `stack`: the calls that are open now, or were open when the program ended. */
#include "base/base.h"

#include "query/report.h"
#include "query/scope.h"

static const struct argument ARGS[] = {
    SCOPE_ARG_TRACE(
        "of one process: its ID or the beginning of it, last, last~1; by default of the latest run"),
    SCOPE_ARG_RUN,
};

static int ask_stack(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct report r = {.ask = ask, .answer = answer};
    struct scope scope;
    int64_t running = 0;
    int ret = scope_read(ask, SCOPE_LATEST_RUN, &scope, err);

    if (ret < 0)
        return ret;
    r.params[0] = store_text("trace", scope.trace_id[0] != '\0' ? scope.trace_id : NULL);
    r.params[1] = store_text("run", scope.run_id[0] != '\0' ? scope.run_id : NULL);
    ret = store_query_int(
        ask->store,
        answer_printf(
            answer,
            "SELECT count(*) FROM open_calls WHERE function_id IS NOT NULL AND trace_id IN %s",
            scope.traces),
        &r.open_calls, err);
    if (ret == 0)
        ret = store_query_int(
            ask->store,
            answer_printf(answer,
                          "SELECT count(*) FROM traces WHERE status = 'running' AND id IN %s",
                          scope.traces),
            &running, err);
    r.running = running > 0;
    if (ret == 0)
        ret = report_stack(&r, err);
    if (ret < 0)
        return ret;
    answer->total = r.open_calls;
    if (answer->last == NULL)
        report_begin(&r, &report_part_stack, NULL);
    if (answer->last == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    answer->last->flags |= PART_MAIN;
    if (answer->last->nrows == 0)
        answer->why = running > 0 ? "the program runs, and no recorded call is open right now"
                                  : "every recorded call had ended when the program did";
    answer_suggest(answer, "what happened last", "report", scope_name(&scope), scope_value(&scope),
                   NULL);
    return 0;
}

static const struct question_part *const PARTS[] = {&report_part_stack_alone, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb stack --format table",
    "where the latest run is now, or was when it ended, for reading",
    "breadcrumb stack --trace last~1",
    "of the process before the last",
    NULL,
};

const struct question question_stack = {
    .name = "stack",
    .summary = "show the calls that are open now, or were open at the end",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .ask = ask_stack,
};
