/* function.c - see function.h. */
#include "base/base.h"

#include "base/buf.h"
#include "query/function.h"
#include "query/why.h"
#include "store/store.h"

/* clang-format off */
/*
 * Of a million functions only those are looked at closely whose name ends as the one that is asked for, and only their calls are added
 * up: the first condition reads one column, and the numbers of functions are passed over by stretches.
 */
static const char SQL[] =
    "WITH named AS (SELECT id, module_name || '.' || function_name AS dotted, CASE "
    "    WHEN module_name || '.' || function_name = $name THEN 1 "
    "    WHEN module_name || '.' || qualified_name = $name THEN 1 "
    "    WHEN function_name = $name OR qualified_name = $name THEN 2 "
    "    WHEN ends_with(function_name, '.' || $name) THEN 3 "
    "    WHEN ends_with(module_name || '.' || function_name, '.' || $name) THEN 3 "
    "    WHEN $glob AND (function_name GLOB $name OR module_name || '.' || function_name GLOB $name) THEN 4 "
    "  END AS rank FROM functions WHERE ends_with(function_name, $tail)), "
    "fitting AS (SELECT n.*, s.calls FROM named n LEFT JOIN ("
    "    SELECT function_id, sum(call_count)::BIGINT AS calls FROM stat_rows "
    "    WHERE function_id IN (SELECT id FROM named WHERE rank IS NOT NULL) AND trace_id IN %s GROUP BY function_id"
    "  ) s ON s.function_id = n.id WHERE n.rank IS NOT NULL) "
    "SELECT id, dotted, coalesce(calls, 0), count(*) OVER () FROM fitting "
    "WHERE rank = (SELECT coalesce(min(rank) FILTER (calls > 0), min(rank)) FROM fitting) "
    "ORDER BY calls DESC NULLS LAST, dotted, id LIMIT %d";
/* clang-format on */

static int read_functions(struct answer *answer, struct rows *rows, struct functions *f,
                          struct error *err)
{
    struct buf ids = BUF_INIT(FUNCTIONS_MOST * 12 + 2);
    int ret;

    buf_putc(&ids, '(');
    while ((ret = rows_next(rows, err)) > 0) {
        bool called = rows_int(rows, 2) > 0;

        if (f->n++ == 0)
            f->label = answer_printf(answer, "%s", rows_text(rows, 1, NULL));
        buf_putf(&ids, "%s%lld", f->n > 1 ? "," : "", (long long)rows_int(rows, 0));
        f->called += called;
        f->named = (size_t)rows_int(rows, 3);
    }
    buf_putc(&ids, ')');
    f->ids = arena_strdup(&answer->arena, buf_text(&ids));
    if (ret == 0 && (f->ids == NULL || ids.failed))
        ret = error_set(err, ERR_FAILED, "out of memory");
    buf_release(&ids);
    return ret;
}

/* How the name of any function ends that `name` may mean; "" of a glob. */
static const char *tail_of(const char *name, bool glob)
{
    const char *dot = strrchr(name, '.');

    return glob ? "" : dot != NULL ? dot + 1 : name;
}

int functions_find(const struct asking *ask, struct answer *answer, const char *name,
                   const struct scope *scope, struct functions *ret, struct error *err)
{
    bool glob = strpbrk(name, "*?[") != NULL;
    struct store_param params[] = {store_text("name", name), store_int("glob", glob),
                                   store_text("tail", tail_of(name, glob))};
    struct store_query query = {.sql = answer_printf(answer, SQL, scope->traces, FUNCTIONS_MOST),
                                .params = params,
                                .nparams = ARRAY_SIZE(params),
                                .timeout_ms = ask->timeout_ms};
    struct functions f = {0};
    struct rows *rows = NULL;
    int code = store_query(ask->store, &query, &rows, err);

    if (code == 0)
        code = read_functions(answer, rows, &f, err);
    rows_free(rows);
    if (code < 0)
        return code;
    if (f.called == 0) {
        struct why why = {0};

        code = why_not_called(ask, answer, name, scope, &why, err);
        return code < 0 ? code : why_error(&why, name, err);
    }
    if (f.named > f.n)
        answer_omit(answer, (int64_t)(f.named - f.n), "functions",
                    "of that name: the %d busiest are looked at", FUNCTIONS_MOST);
    *ret = f;
    return 0;
}
