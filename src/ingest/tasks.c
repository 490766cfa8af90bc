/* tasks.c - see trace.h: the asyncio tasks of a trace, who made them and when they ran. */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/json.h"
#include "ingest/trace.h"

static struct task *known_task(struct trace *t, struct stream *s, uint64_t id)
{
    struct task *task = idmap_get(&t->tasks, id);

    if (task != NULL)
        return task;
    task = calloc(1, sizeof(*task));
    if (task == NULL || !idmap_put(&t->tasks, id, task)) {
        free(task);
        sink_fail(t->sink, ERR_FAILED, "memory is out");
        return NULL;
    }
    *task = (struct task){.id = id, .first_ns = s->now_ns, .last_ns = s->now_ns};
    return task;
}

/* Owned by the caller; NULL: memory is out. */
static char *clean_name(struct trail_bytes text)
{
    struct buf clean = BUF_INIT(LIMIT_NAME_BYTES * 6);
    char *name;

    json_clean_text(&clean, text.data, text.len);
    name = clean.failed ? NULL : strdup(buf_text(&clean));
    buf_release(&clean);
    return name;
}

void tasks_apply(struct trace *t, struct stream *s, const struct trail_record *r)
{
    struct task *task = s->task != 0 ? idmap_get(&t->tasks, s->task) : NULL;

    if (task != NULL && s->now_ns > task->last_ns)
        task->last_ns = s->now_ns;
    s->task = r->number;
    if (s->task == 0 || (task = known_task(t, s, s->task)) == NULL)
        return;
    if (s->now_ns > task->last_ns)
        task->last_ns = s->now_ns;
    if (task->parent == 0)
        task->parent = r->number2;
    if (task->name == NULL && r->text.len > 0)
        task->name = clean_name(r->text);
}

int tasks_load(struct trace *t, struct error *err)
{
    static const char sql[] = "SELECT task_id, parent_task_id, first_at, last_at, name FROM tasks "
                              "WHERE trace_id = $trace::UUID";
    struct store_param params[] = {store_text("trace", t->id_text)};
    struct store_query query = {.sql = sql, .params = params, .nparams = 1};
    struct rows *rows = NULL;
    int r = store_query(t->sink->store, &query, &rows, err);

    while (r == 0 && (r = rows_next(rows, err)) > 0) {
        struct task *task = calloc(1, sizeof(*task));
        const char *name;

        if (task == NULL || !idmap_put(&t->tasks, (uint64_t)rows_int(rows, 0), task)) {
            free(task);
            r = error_set(err, ERR_FAILED, "memory is out");
            break;
        }
        name = rows_text(rows, 4, NULL);
        *task = (struct task){(uint64_t)rows_int(rows, 0), (uint64_t)rows_int(rows, 1),
                              rows_int(rows, 2) * 1000, rows_int(rows, 3) * 1000,
                              name != NULL && *name != '\0' ? strdup(name) : NULL};
        r = 0;
    }
    rows_free(rows);
    return r < 0 ? r : 0;
}

void tasks_save(struct trace *t)
{
    struct store_param params[] = {store_text("trace", t->id_text)};

    if (t->stored)
        sink_exec(t->sink, "DELETE FROM tasks WHERE trace_id = $trace::UUID", params, 1);
    for (size_t i = 0; i < t->tasks.room; i++) {
        const struct task *task = t->tasks.slots[i].value;
        struct batch *b;

        if (task == NULL)
            continue;
        b = sink_batch(t->sink, SINK_TASKS);
        if (b == NULL)
            return;
        batch_put_uuid(b, 0, &t->id);
        batch_put_u64(b, 1, task->id);
        if (task->name != NULL)
            batch_put_text(b, 2, task->name, strlen(task->name));
        if (task->parent != 0)
            batch_put_u64(b, 3, task->parent);
        batch_put_i64(b, 4, task->first_ns / 1000);
        batch_put_i64(b, 5, task->last_ns / 1000);
        sink_end_row(t->sink, SINK_TASKS);
    }
}
