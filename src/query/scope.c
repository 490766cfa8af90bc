/* scope.c - see scope.h. */
#include "base/base.h"

#include "base/buf.h"
#include "base/clock.h"
#include "query/scope.h"
#include "query/trace_id.h"
#include "query/when.h"
#include "store/store.h"

/* One text of one row; found says whether there was a row with a value. */
static int ask_text(const struct asking *ask, const char *sql, const char *id, char ret[UUID_TEXT],
                    bool *ret_found, struct error *err)
{
    struct store_param params[] = {store_text("id", id)};
    struct store_query query = {.sql = sql, .params = params, .nparams = 1};
    struct rows *rows = NULL;
    int ret_code = store_query(ask->store, &query, &rows, err);

    if (ret_code < 0)
        return ret_code;
    ret_code = rows_next(rows, err);
    *ret_found = ret_code > 0 && !rows_null(rows, 0);
    if (*ret_found)
        snprintf(ret, UUID_TEXT, "%s", rows_text(rows, 0, NULL));
    rows_free(rows);
    return ret_code < 0 ? ret_code : 0;
}

/* Of a run: its own ID, or any name of one of its traces. */
static int find_run(const struct asking *ask, const char *name, struct scope *s, struct error *err)
{
    struct uuid id;
    bool found = false;
    int ret;

    if (uuid_parse(name, &id)) {
        ret = ask_text(ask, "SELECT run_id FROM traces WHERE run_id = $id::UUID LIMIT 1", name,
                       s->run_id, &found, err);
        if (ret < 0 || found)
            return ret;
    }
    ret = trace_id_resolve(ask, name, s->trace_id, err);
    if (ret < 0)
        return ret;
    ret = ask_text(ask, "SELECT run_id FROM traces WHERE id = $id::UUID", s->trace_id, s->run_id,
                   &found, err);
    if (found) /* a process of its own is all of its run */
        s->trace_id[0] = '\0';
    return ret;
}

static int find_latest_run(const struct asking *ask, struct scope *s, struct error *err)
{
    int ret = find_run(ask, "last", s, err);

    return ret == ERR_TRACE_NOT_FOUND ? question_empty(err) : ret;
}

static int read_since(const struct asking *ask, struct scope *s, struct error *err)
{
    struct when when;
    int64_t us = 0;
    int ret;

    s->since = arguments_known(ask->args, "since") ? arguments_text(ask->args, "since") : NULL;
    if (s->since == NULL)
        return 0;
    ret = when_parse(s->since, clock_wall_ns() / 1000, "option --since", &when, err);
    if (ret < 0)
        return ret;
    s->has_since = true;
    s->since_us = when.us;
    if (when.kind != WHEN_LAST)
        return 0;
    /* A run begins when its first process does. */
    ret = store_query_int(ask->store,
                          "SELECT epoch_us(min(started_at)) FROM traces WHERE run_id = (SELECT "
                          "run_id FROM traces ORDER BY started_at DESC, id DESC LIMIT 1) OR id = "
                          "(SELECT id FROM traces ORDER BY started_at DESC, id DESC LIMIT 1)",
                          &us, err);
    s->since_us = us;
    return ret;
}

int scope_list(const struct asking *ask, const char *where, char ret[SCOPE_TRACES_BYTES],
               struct error *err)
{
    struct buf out = BUF_INIT(SCOPE_TRACES_BYTES - 1), sql = BUF_INIT(400);
    struct store_query query = {0};
    struct rows *rows = NULL;
    int n = 0, code;

    buf_putf(&sql, "SELECT id FROM traces WHERE %s", where);
    snprintf(ret, SCOPE_TRACES_BYTES, "(%s)", buf_text(&sql));
    buf_putf(&sql, " LIMIT %d", SCOPE_LITERALS + 1);
    query.sql = buf_text(&sql);
    code = store_query(ask->store, &query, &rows, err);
    while (code >= 0 && n <= SCOPE_LITERALS && (code = rows_next(rows, err)) > 0)
        if (n++ < SCOPE_LITERALS)
            buf_putf(&out, "%s'%s'::UUID", n > 1 ? "," : "", rows_text(rows, 0, NULL));
    rows_free(rows);
    if (code >= 0 && n > 0 && n <= SCOPE_LITERALS && !out.failed)
        snprintf(ret, SCOPE_TRACES_BYTES, "(%s)", buf_text(&out));
    buf_release(&out);
    buf_release(&sql);
    return code < 0 ? code : 0;
}

/* The traces of a run, or all. */
static int list_traces(const struct asking *ask, struct scope *s, struct error *err)
{
    char where[UUID_TEXT + 40] = "true";

    if (s->run_id[0] != '\0')
        snprintf(where, sizeof(where), "run_id = '%s'::UUID", s->run_id);
    return scope_list(ask, where, s->traces, err);
}

int scope_read(const struct asking *ask, enum scope_default otherwise, struct scope *ret,
               struct error *err)
{
    const char *trace =
        arguments_known(ask->args, "trace") ? arguments_text(ask->args, "trace") : NULL;
    const char *run = arguments_known(ask->args, "run") ? arguments_text(ask->args, "run") : NULL;
    struct scope s = {0};
    int code = 0;

    if (trace != NULL && run != NULL)
        return error_set(err, ERR_USAGE, "either --trace or --run, not both");
    if (trace != NULL)
        code = trace_id_resolve(ask, trace, s.trace_id, err);
    else if (run != NULL)
        code = find_run(ask, run, &s, err);
    else if (otherwise == SCOPE_LATEST_RUN)
        code = find_latest_run(ask, &s, err);
    if (code == 0)
        code = read_since(ask, &s, err);
    if (code < 0)
        return code;
    s.everything = s.trace_id[0] == '\0' && s.run_id[0] == '\0';
    if (s.trace_id[0] != '\0')
        snprintf(s.traces, sizeof(s.traces), "('%s'::UUID)", s.trace_id);
    else if ((code = list_traces(ask, &s, err)) < 0)
        return code;
    *ret = s;
    return 0;
}

int scope_busiest(const struct asking *ask, const struct scope *scope, char ret_id[UUID_TEXT],
                  struct error *err)
{
    char sql[SCOPE_TRACES_BYTES + 400];
    bool found = false;
    int ret;

    snprintf(sql, sizeof(sql),
             "SELECT t.id FROM traces t LEFT JOIN (SELECT trace_id, sum(call_count) AS calls FROM "
             "stat_rows GROUP BY trace_id) s ON s.trace_id = t.id WHERE t.id IN %s "
             "ORDER BY s.calls DESC NULLS LAST, t.started_at, t.id LIMIT 1",
             scope->traces);
    ret = ask_text(ask, sql, NULL, ret_id, &found, err);
    if (ret == 0 && !found)
        return question_empty(err);
    return ret;
}

const char *scope_name(const struct scope *scope)
{
    if (scope->trace_id[0] != '\0')
        return "trace";
    return scope->run_id[0] != '\0' ? "run" : NULL;
}

const char *scope_value(const struct scope *scope)
{
    return scope->trace_id[0] != '\0' ? scope->trace_id : scope->run_id;
}
