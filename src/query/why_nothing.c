/* why_nothing.c - why there is no call at all where one was looked for; and what could not be recorded. See why.h. */
#include "base/base.h"

#include "query/why.h"
#include "store/store.h"

/* clang-format off */
static const char UNREACHABLE_SQL[] =
    "SELECT sum(events)::BIGINT, (SELECT coalesce(any_value(metadata->'notes'->>'unreachable'), 'was out of reach') FROM traces WHERE id IN %s) "
    "FROM losses WHERE cause = 'unreachable' AND trace_id IN %s HAVING sum(events) > 0";
/* clang-format on */

int why_unreachable(const struct asking *ask, struct answer *answer, const char *traces,
                    const char **ret_text, struct error *err)
{
    struct store_query query = {.sql = answer_printf(answer, UNREACHABLE_SQL, traces, traces),
                                .timeout_ms = ask->timeout_ms};
    struct rows *rows = NULL;
    int ret = store_query(ask->store, &query, &rows, err);

    *ret_text = NULL;
    if (ret == 0 && (ret = rows_next(rows, err)) > 0) {
        int64_t count = rows_int(rows, 0);

        *ret_text = answer_printf(
            answer,
            "; or it ran where nothing is recorded: %lld Python interpreter%s could "
            "not be%s%s",
            (long long)count, count == 1 ? "" : "s",
            count == 1 ? ", Python " : "; the first: Python ", rows_text(rows, 1, NULL));
    }
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

int why_nothing(const struct asking *ask, struct answer *answer, const char *what,
                const char *traces, struct error *err)
{
    const char *more;
    int ret = why_unreachable(ask, answer, traces, &more, err);

    answer->why = answer_printf(
        answer,
        "no %s was recorded: nothing of the workspace ran, or a filter left all of it out%s", what,
        ret == 0 && more != NULL ? more : "");
    return ret;
}
