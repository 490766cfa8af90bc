/* questions.c - the table of questions, and what is the same for all of them. */
#include "base/base.h"

#include "base/clock.h"
#include "query/question.h"
#include "store/store.h"

const struct question *const questions[] = {
    &question_list,   &question_get,         &question_overview,
    &question_report, &question_exceptions,  &question_top,
    &question_calls,  &question_performance, &question_tree,
    &question_flow,   &question_stack,       &question_search,
    &question_gaps,   &question_why_not,     &question_query,
    &question_schema, &question_status,      NULL,
};

const struct question *question_find(const char *name)
{
    for (const struct question *const *q = questions; *q != NULL; q++)
        if (strcmp((*q)->name, name) == 0)
            return *q;
    return NULL;
}

int question_empty(struct error *err)
{
    error_set(err, ERR_EMPTY_DATABASE, "No traces found in database");
    return error_suggest(
        err,
        "To start tracing, run your program with 'breadcrumb run -t 60 python app.py', or add "
        "'import breadcrumb; breadcrumb.init()' to your Python code and run your application.");
}

static int need_traces(struct store *store, struct error *err)
{
    int64_t some = 0;
    int ret =
        store_query_int(store, "SELECT count(*) FROM (SELECT 1 FROM traces LIMIT 1)", &some, err);

    if (ret < 0 || some > 0)
        return ret;
    return question_empty(err);
}

int question_ask(const struct question *question, const struct asking *ask, struct answer *answer,
                 struct error *err)
{
    int64_t start = clock_mono_ns();
    int ret;

    answer->question = question->name;
    answer->schema_version = store_schema_newest();
    if (ask->store != NULL)
        answer->schema_version = answer_printf(answer, "%s", store_schema_version(ask->store));
    if (question->flags & QUESTION_OF_TRACES) {
        ret = need_traces(ask->store, err);
        if (ret < 0)
            return ret;
    }
    ret = question->ask(ask, answer, err);
    if (ret < 0)
        return ret;
    if (answer->failed) {
        error_set(err, ERR_FAILED, "the answer to '%s' is too large", question->name);
        return error_suggest(err, "ask for less: give a smaller --limit");
    }
    answer->query_time_ms = (double)(clock_mono_ns() - start) / 1e6;
    return 0;
}
