/* report_tree.c - the call tree of a small run, and the busiest functions of a large one. The tree is built by parents, not by
 * times: generators and equal stamps cannot turn it upside down. */
#include "base/base.h"

#include "query/brief.h"
#include "query/report.h"

#define VALUE_BYTES 60 /* of one argument or result in the tree */
#define LINE_BYTES 400 /* of one line; the terminal cuts further */
#define MOST_NODES (REPORT_TREE_EVENTS + 1)

static const struct column TREE[] = {
    {"event", "Event", COLUMN_TEXT, 0,
     "call, return, exception, open (begun and not ended), or thread (what follows is of another)"},
    {"depth", "Depth", COLUMN_INT, 0, "0 for the outermost recorded calls"},
    {"function", "Function", COLUMN_TEXT, 0, "module and function"},
    {"args", "Arguments", COLUMN_JSON, 0, "of a call; else null"},
    {"result", "Result", COLUMN_JSON, 0, "of a return; else null"},
    {"exception", "Exception", COLUMN_TEXT, 0, "kind and message, where the call raised"},
    {"duration_ms", "Duration", COLUMN_MS, 0, "of an ended call in ms"},
    {"call_id", "Call", COLUMN_INT, 0, "of the call in its trace"},
    {"thread_id", "Thread", COLUMN_INT, 0, "that ran it"},
    {"trace_id", "Trace", COLUMN_ID, 0, "its process"},
};
enum {
    T_EVENT,
    T_DEPTH,
    T_FUNCTION,
    T_ARGS,
    T_RESULT,
    T_EXCEPTION,
    T_MS,
    T_CALL,
    T_THREAD,
    T_TRACE
};

const struct question_part report_part_tree = {
    "call_tree",     "every call, where there are at most 100 events", PART_LINES, 0, TREE,
    ARRAY_SIZE(TREE)};

static const char TREE_SQL[] = REPORT_PICKED
    ", c AS (SELECT trace_id, call_id, parent_id, function_id, thread_id, start_ns, duration_ns, "
    "outcome, args, result, "
    "    exception_id FROM call_rows WHERE trace_id IN (SELECT id FROM picked) "
    "  UNION ALL SELECT trace_id, call_id, parent_id, function_id, thread_id, start_ns, NULL, 255, "
    "args, NULL, NULL "
    "    FROM open_calls WHERE trace_id IN (SELECT id FROM picked)) "
    "SELECT c.trace_id, c.call_id, coalesce(c.parent_id, -1), c.thread_id, " REPORT_NAME
    ", v.args, c.result, "
    "  c.duration_ns / 1e6::DOUBLE, c.outcome, " FETCH_RAISED ", p.pid, "
    "coalesce(t.name, '') "
    "FROM c JOIN functions f ON f.id = c.function_id JOIN picked p ON p.id = c.trace_id "
    "LEFT JOIN calls v ON v.trace_id = c.trace_id AND v.call_id = c.call_id "
    "LEFT JOIN exception_rows e ON e.trace_id = c.trace_id AND e.exception_id = c.exception_id "
    "LEFT JOIN threads t ON t.trace_id = c.trace_id AND t.thread_id = c.thread_id "
    "ORDER BY p.started_at, c.trace_id, min(c.start_ns) OVER (PARTITION BY c.trace_id, "
    "c.thread_id), c.thread_id, "
    "  c.start_ns, c.call_id LIMIT 101";

enum outcome { OUTCOME_RETURN, OUTCOME_EXCEPTION, OUTCOME_OPEN = 255 };

struct node {
    struct cell trace, function, args, result, ms, exception, thread_name;
    int64_t call_id, parent_id, thread_id, pid;
    int outcome;
    struct node *parent, *first_child, *last_child, *next; /* Borrowed */
};

struct tree {
    struct report *report;
    struct part *part;
    struct node *nodes; /* in the arena */
    size_t n;
};

/* ---- building ----------------------------------------------------------------------------- */

static struct cell text_of(struct tree *t, struct rows *rows, size_t column, enum cell_kind kind)
{
    size_t len = 0;
    const char *text = rows_null(rows, column) ? NULL : rows_text(rows, column, &len);

    return cell_bytes(t->report->answer, kind, text, len);
}

static void read_node(struct tree *t, struct rows *rows)
{
    struct node *n = &t->nodes[t->n++];

    n->trace = text_of(t, rows, 0, CELL_TEXT);
    n->call_id = rows_int(rows, 1);
    n->parent_id = rows_int(rows, 2);
    n->thread_id = rows_int(rows, 3);
    n->function = text_of(t, rows, 4, CELL_TEXT);
    n->args = text_of(t, rows, 5, CELL_JSON);
    n->result = text_of(t, rows, 6, CELL_JSON);
    if (!rows_null(rows, 7))
        n->ms = cell_double(rows_double(rows, 7));
    n->outcome = (int)rows_int(rows, 8);
    n->exception = text_of(t, rows, 9, CELL_TEXT);
    n->pid = rows_int(rows, 10);
    n->thread_name = text_of(t, rows, 11, CELL_TEXT);
}

static bool same_trace(const struct node *a, const struct node *b)
{
    return a->trace.len == b->trace.len &&
           (a->trace.text == b->trace.text ||
            memcmp(a->trace.text, b->trace.text, a->trace.len) == 0);
}

/* A call begins after its parent, so a parent always stands before it in its thread; one that another thread began (a
 * generator that was handed over) may stand anywhere. At most 100 nodes: looking at all is fine. */
static void link_nodes(struct tree *t)
{
    for (size_t i = 0; i < t->n; i++) {
        struct node *n = &t->nodes[i];

        for (size_t j = 0; j < t->n && n->parent == NULL; j++)
            if (j != i && t->nodes[j].call_id == n->parent_id && same_trace(n, &t->nodes[j]))
                n->parent = &t->nodes[j];
        if (n->parent == NULL)
            continue;
        if (n->parent->last_child != NULL)
            n->parent->last_child->next = n;
        else
            n->parent->first_child = n;
        n->parent->last_child = n;
    }
}

/* ---- writing ------------------------------------------------------------------------------ */

static struct cell *add_event(struct tree *t, const struct node *n, const char *event, int depth)
{
    struct cell *cells = part_add(t->report->answer, t->part);

    if (cells == NULL)
        return NULL;
    cells[T_EVENT] = cell_text(t->report->answer, event);
    cells[T_DEPTH] = cell_int(depth);
    cells[T_FUNCTION] = n->function;
    cells[T_CALL] = cell_int(n->call_id);
    cells[T_THREAD] = cell_int(n->thread_id);
    cells[T_TRACE] = n->trace;
    return cells;
}

static void enter(struct tree *t, const struct node *n, int depth)
{
    struct cell *cells = add_event(t, n, n->outcome == OUTCOME_OPEN ? "open" : "call", depth);
    struct buf args = BUF_INIT(LINE_BYTES);

    if (cells == NULL)
        return;
    cells[T_ARGS] = n->args;
    if (n->args.kind == CELL_JSON)
        brief_args(&args, n->args.text, n->args.len, VALUE_BYTES);
    part_say(t->report->answer, t->part, depth, "-> %s(%s)%s", n->function.text, buf_text(&args),
             n->outcome == OUTCOME_OPEN ? "  still open" : "");
    buf_release(&args);
}

static void leave(struct tree *t, const struct node *n, int depth)
{
    bool raised = n->outcome == OUTCOME_EXCEPTION;
    struct cell *cells =
        n->outcome != OUTCOME_OPEN ? add_event(t, n, raised ? "exception" : "return", depth) : NULL;
    struct buf result = BUF_INIT(LINE_BYTES);

    if (cells == NULL)
        return;
    cells[T_MS] = n->ms;
    cells[T_EXCEPTION] = n->exception;
    if (raised) {
        part_say(t->report->answer, t->part, depth, "<- %s (%.*fms) raised %s", n->function.text,
                 REPORT_MS(n->ms.real),
                 n->exception.kind == CELL_TEXT ? n->exception.text : "an exception");
        return;
    }
    cells[T_RESULT] = n->result;
    if (n->result.kind == CELL_JSON && strcmp(n->result.text, "null") != 0) {
        buf_puts(&result, " = ");
        brief_value(&result, n->result.text, n->result.len, VALUE_BYTES);
    }
    part_say(t->report->answer, t->part, depth, "<- %s (%.*fms)%s", n->function.text,
             REPORT_MS(n->ms.real), buf_text(&result));
    buf_release(&result);
}

/* Down to the children, on to the next, up to the parent: no recursion, the depth is only as trustworthy as the store. */
static void walk(struct tree *t, struct node *root)
{
    struct node *n = root;
    int depth = 0;

    enter(t, n, depth);
    for (;;) {
        if (n->first_child != NULL) {
            n = n->first_child;
            depth++;
            enter(t, n, depth);
            continue;
        }
        leave(t, n, depth);
        while (n != root && n->next == NULL) {
            n = n->parent;
            depth--;
            leave(t, n, depth);
        }
        if (n == root)
            return;
        n = n->next;
        enter(t, n, depth);
    }
}

/* Says which thread comes now, unless there is only one. */
static void name_thread(struct tree *t, const struct node *n)
{
    struct cell *cells = add_event(t, n, "thread", 0);

    if (cells == NULL)
        return;
    cells[T_FUNCTION] = cells[T_CALL] = (struct cell){.kind = CELL_NULL};
    part_say(t->report->answer, t->part, 0, "process %lld, thread %lld %s:", (long long)n->pid,
             (long long)n->thread_id, n->thread_name.text);
}

static void write_tree(struct tree *t)
{
    const struct node *before = NULL;
    bool several = false;

    for (size_t i = 1; i < t->n; i++)
        several = several || t->nodes[i].thread_id != t->nodes[0].thread_id ||
                  !same_trace(&t->nodes[i], &t->nodes[0]);
    for (size_t i = 0; i < t->n; i++) {
        struct node *n = &t->nodes[i];

        if (n->parent != NULL)
            continue;
        if (several &&
            (before == NULL || before->thread_id != n->thread_id || !same_trace(before, n)))
            name_thread(t, n);
        before = n;
        walk(t, n);
    }
}

int report_tree(struct report *r, struct error *err)
{
    struct store_query query = {.sql = TREE_SQL,
                                .params = r->params,
                                .nparams = ARRAY_SIZE(r->params),
                                .timeout_ms = r->ask->timeout_ms};
    struct tree tree = {.report = r};
    struct rows *rows = NULL;
    int ret;

    if (r->events == 0 || r->events > REPORT_TREE_EVENTS)
        return 0;
    tree.part = report_begin(r, &report_part_tree, "Call Tree:");
    tree.nodes = arena_alloc(&r->answer->arena, MOST_NODES * sizeof(*tree.nodes));
    if (tree.nodes == NULL)
        return error_set(err, ERR_FAILED, "the answer is too large");
    ret = store_query(r->ask->store, &query, &rows, err);
    while (ret >= 0 && tree.n < MOST_NODES && (ret = rows_next(rows, err)) > 0)
        read_node(&tree, rows);
    rows_free(rows);
    if (ret < 0 || r->answer->failed)
        return ret;
    link_nodes(&tree);
    write_tree(&tree);
    return 0;
}
