/* sink.c - see sink.h. */
#include "base/base.h"

#include "ingest/sink.h"

static const char *const TABLES[SINK_TABLES] = {
    [SINK_CALLS] = "call_rows",
    [SINK_OPEN_CALLS] = "open_calls",
    [SINK_EXCEPTIONS] = "exception_rows",
    [SINK_LINES] = "line_rows",
    [SINK_STATS] = "stat_rows",
    [SINK_EDGES] = "edge_rows",
    [SINK_NODES] = "node_rows",
    [SINK_FUNCTIONS] = "functions",
    [SINK_TRACES] = "traces",
    [SINK_THREADS] = "threads",
    [SINK_TASKS] = "tasks",
    [SINK_LOSSES] = "losses",
    [SINK_CONSUMED] = "consumed",
    [SINK_CHANGES] = "exception_changes",
    [SINK_OBSOLETE] = "obsolete_stats",
};

int sink_begin(struct sink *sink, struct store *store, struct error *err)
{
    int ret;

    *sink = (struct sink){.store = store};
    ret = store_begin(store, err);
    sink->active = ret == 0;
    return ret;
}

static void drop_batches(struct sink *sink)
{
    for (size_t i = 0; i < SINK_TABLES; i++) {
        batch_free(sink->batches[i]);
        sink->batches[i] = NULL;
    }
}

void sink_flush(struct sink *sink)
{
    for (size_t i = 0; i < SINK_TABLES && sink->code == 0; i++) {
        struct batch *b = sink->batches[i];

        sink->batches[i] = NULL;
        if (b != NULL)
            sink->code = batch_close(b, &sink->error);
    }
}

int sink_commit(struct sink *sink, struct error *err)
{
    sink_flush(sink);
    if (sink->code == 0) {
        sink->active = false;
        return store_commit(sink->store, err);
    }
    if (err != NULL)
        *err = sink->error;
    sink_abort(sink);
    return sink->code;
}

void sink_abort(struct sink *sink)
{
    drop_batches(sink);
    if (sink->active)
        store_rollback(sink->store);
    sink->active = false;
}

struct batch *sink_open(struct sink *sink, enum sink_table table)
{
    if (sink->code != 0)
        return NULL;
    if (sink->batches[table] == NULL)
        sink->code = batch_open(&sink->batches[table], sink->store, TABLES[table], &sink->error);
    return sink->code == 0 ? sink->batches[table] : NULL;
}

void sink_end_row(struct sink *sink, enum sink_table table)
{
    if (LIKELY(sink->code == 0))
        sink->code = batch_end_row(sink->batches[table], &sink->error);
    sink->rows++;
}

void sink_exec(struct sink *sink, const char *sql, const struct store_param *params, size_t nparams)
{
    if (sink->code == 0)
        sink->code = store_exec(sink->store, sql, params, nparams, &sink->error);
}

void sink_fail(struct sink *sink, int code, const char *what)
{
    if (sink->code == 0)
        sink->code = error_set(&sink->error, code, "%s", what);
}
