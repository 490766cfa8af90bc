/*
 * tree_grow.c - see tree.h. Calls with the same path of functions above them are one node. The nodes have been counted when the calls
 * were taken in (node_rows): from the outermost calls down they are the tree, and the nodes of a function with what is below them are
 * the tree of that function. Below one call, or where nodes are missing and the calls are not too many, a recursive query walks from
 * the roots to their children by parent_id and gives each call the key of its path, a hash.
 */
#include "base/base.h"

#include "query/tree.h"
#include "store/store.h"

/* clang-format off */
static const char WALKED_SQL[] =
    "WITH RECURSIVE c AS ("
    "  SELECT trace_id, call_id, parent_id, function_id, thread_id, start_ns, duration_ns, duration_ns - suspended_ns - child_ns AS self_ns, outcome, depth "
    "    FROM call_rows WHERE trace_id IN %s%s "
    "  UNION ALL SELECT trace_id, call_id, parent_id, function_id, thread_id, start_ns, NULL, NULL, 9, depth FROM open_calls WHERE function_id IS NOT NULL AND trace_id IN %s), "
    "walk(trace_id, call_id, key, above, level) AS ("
    "  SELECT trace_id, call_id, hash(trace_id, thread_id, function_id), 0::UBIGINT, 0 FROM c WHERE %s "
    "  UNION ALL SELECT c.trace_id, c.call_id, hash(w.key, c.function_id), w.key, w.level + 1 FROM walk w JOIN c "
    "    ON c.trace_id = w.trace_id AND c.parent_id = w.call_id WHERE w.level <= %lld), "
    "nodes AS (SELECT w.trace_id, w.key, w.level, any_value(w.above) AS above, count(*) AS calls, sum(c.duration_ns) / 1e6::DOUBLE AS total_ms, "
    "    sum(c.self_ns) / 1e6::DOUBLE AS self_ms, count(*) FILTER (c.outcome = 1) AS raised, count(*) FILTER (c.outcome = 9) AS open, "
    "    min(c.start_ns) AS start_ns, arg_min(c.call_id, c.start_ns) AS call_id, arg_min(c.thread_id, c.start_ns) AS thread_id, any_value(c.function_id) AS function_id "
    "  FROM walk w JOIN c ON c.trace_id = w.trace_id AND c.call_id = w.call_id GROUP BY w.trace_id, w.key, w.level) ";
static const char COUNTED_SQL[] =
    "WITH counted AS ("
    "  SELECT trace_id, node, above, level, function_id, thread_id, calls, total_ns, self_ns, raised, 0 AS open, call_id, start_ns "
    "    FROM node_rows WHERE trace_id IN %s AND level <= %lld "
    "  UNION ALL SELECT trace_id, node, above, depth, function_id, thread_id, 1, NULL, NULL, 0, 1, call_id, start_ns "
    "    FROM open_calls WHERE function_id IS NOT NULL AND trace_id IN %s AND depth <= %lld), "
    "nodes AS (SELECT trace_id, node AS key, level, any_value(above) AS above, sum(calls)::BIGINT AS calls, sum(total_ns) / 1e6::DOUBLE AS total_ms, "
    "    sum(self_ns) / 1e6::DOUBLE AS self_ms, sum(raised)::BIGINT AS raised, sum(open)::BIGINT AS open, min(start_ns) AS start_ns, "
    "    arg_min(call_id, start_ns) AS call_id, arg_min(thread_id, start_ns) AS thread_id, any_value(function_id) AS function_id "
    "  FROM counted GROUP BY trace_id, node, level) ";
/* The same below the calls of some functions: their nodes are put together by the path from there down. */
static const char BELOW_SQL[] =
    "WITH RECURSIVE counted AS ("
    "  SELECT trace_id, node, above, function_id, thread_id, calls, total_ns, self_ns, raised, 0 AS open, call_id, start_ns "
    "    FROM node_rows WHERE trace_id IN %s "
    "  UNION ALL SELECT trace_id, node, above, function_id, thread_id, 1, NULL, NULL, 0, 1, call_id, start_ns "
    "    FROM open_calls WHERE node IS NOT NULL AND function_id IS NOT NULL AND trace_id IN %s), "
    "each AS (SELECT trace_id, node, any_value(above) AS above, sum(calls)::BIGINT AS calls, sum(total_ns) AS total_ns, sum(self_ns) AS self_ns, "
    "    sum(raised) AS raised, sum(open) AS open, min(start_ns) AS start_ns, arg_min(call_id, start_ns) AS call_id, "
    "    arg_min(thread_id, start_ns) AS thread_id, any_value(function_id) AS function_id FROM counted GROUP BY trace_id, node), "
    "walk(trace_id, node, key, above, level) AS ("
    "  SELECT e.trace_id, e.node, hash(e.trace_id, e.thread_id, e.function_id), 0::UBIGINT, 0 FROM each e WHERE e.function_id IN %s "
    "    AND NOT EXISTS (FROM each p WHERE p.trace_id = e.trace_id AND p.node = e.above AND p.function_id IN %s) "
    "  UNION ALL SELECT e.trace_id, e.node, hash(w.key, e.function_id), w.key, w.level + 1 FROM walk w JOIN each e "
    "    ON e.trace_id = w.trace_id AND e.above = w.node WHERE w.level <= %lld), "
    "nodes AS (SELECT w.trace_id, w.key, w.level, any_value(w.above) AS above, sum(e.calls)::BIGINT AS calls, sum(e.total_ns) / 1e6::DOUBLE AS total_ms, "
    "    sum(e.self_ns) / 1e6::DOUBLE AS self_ms, sum(e.raised)::BIGINT AS raised, sum(e.open)::BIGINT AS open, min(e.start_ns) AS start_ns, "
    "    arg_min(e.call_id, e.start_ns) AS call_id, arg_min(e.thread_id, e.start_ns) AS thread_id, any_value(e.function_id) AS function_id "
    "  FROM walk w JOIN each e ON e.trace_id = w.trace_id AND e.node = w.node GROUP BY w.trace_id, w.key, w.level) ";
/* How many calls are counted in no node: of a trace of before, of one with very many paths, or with damage. */
static const char MISSING_SQL[] =
    "SELECT greatest((SELECT count(*) FROM call_rows WHERE trace_id IN %s) - (SELECT coalesce(sum(calls), 0) FROM node_rows WHERE trace_id IN %s), 0) "
    "  + (SELECT count(*) FROM open_calls WHERE trace_id IN %s AND function_id IS NOT NULL AND node IS NULL)";
static const char CALLS_SQL[] = "SELECT count(*) FROM call_rows WHERE trace_id IN %s";
/* What is below one call began while it lasted. */
static const char DURING_SQL[] =
    "SELECT start_ns, start_ns + duration_ns FROM call_rows WHERE trace_id IN %s AND call_id = %lld "
    "UNION ALL SELECT start_ns, 9223372036854775807 FROM open_calls WHERE trace_id IN %s AND call_id = %lld";
/* Of these, what fits the answer, with the values of its first call. */
static const char SHOWN_SQL[] =
    ", ranked AS (SELECT *, row_number() OVER (PARTITION BY trace_id, above, level ORDER BY coalesce(total_ms, 1e18) DESC, start_ns) AS nth, "
    "    count(*) OVER (PARTITION BY trace_id, above, level) AS siblings FROM nodes WHERE coalesce(total_ms, 1e18) >= %f OR level > %lld), "
    "shown AS (SELECT * FROM ranked WHERE nth <= %lld ORDER BY level, start_ns LIMIT %d) "
    "SELECT s.trace_id, s.level, s.key, s.above, f.module_name || '.' || f.function_name, s.calls, coalesce(s.total_ms, 0), coalesce(s.self_ms, 0), s.raised, s.open, "
    "  s.call_id::BIGINT, s.thread_id, v.args, v.result, s.siblings "
    "FROM shown s JOIN functions f ON f.id = s.function_id "
    "LEFT JOIN (SELECT trace_id, call_id, args, result FROM calls WHERE call_id IN (SELECT call_id FROM shown) AND trace_id IN (SELECT trace_id FROM shown)) v "
    "  ON v.trace_id = s.trace_id AND v.call_id = s.call_id "
    "ORDER BY s.level, s.start_ns, s.call_id";
static const char THINNED_SQL[] =
    "SELECT greatest(coalesce(sum(call_count - recorded_calls), 0), 0)::BIGINT FROM stat_rows WHERE trace_id IN %s";
/* clang-format on */

struct growing {
    struct answer *answer;
    const struct tree_spec *spec;
    struct tree *tree;
    struct tree_node **by_key; /* of all nodes, an open hash table in the arena */
    size_t room;
};

static struct cell text_of(struct answer *a, struct rows *rows, size_t column, enum cell_kind kind)
{
    size_t len = 0;
    const char *text = rows_null(rows, column) ? NULL : rows_text(rows, column, &len);

    return cell_bytes(a, kind, text, len);
}

static struct tree_node **slot(struct growing *g, uint64_t key, const char *trace, int64_t level)
{
    size_t i = key & (g->room - 1);

    while (g->by_key[i] != NULL &&
           (g->by_key[i]->key != key || g->by_key[i]->level != level ||
            g->by_key[i]->trace.text == NULL || strcmp(g->by_key[i]->trace.text, trace) != 0))
        i = (i + 1) & (g->room - 1);
    return &g->by_key[i];
}

static void append(struct tree_node **first, struct tree_node **last, struct tree_node *n)
{
    if (*last != NULL) {
        (*last)->next = n;
        (*last)->last_shown = false;
    } else {
        *first = n;
    }
    *last = n;
    n->last_shown = true;
}

static int add_node(struct growing *g, struct rows *rows, struct error *err)
{
    struct tree_node *n, *parent = NULL;
    const char *trace = rows_text(rows, 0, NULL);
    int64_t level = rows_int(rows, 1), siblings = rows_int(rows, 14);

    if (level > 0) {
        parent = *slot(g, (uint64_t)rows_int(rows, 3), trace, level - 1);
        if (parent == NULL) /* it was cut itself, and what is below it with it */
            return 0;
        parent->hidden = siblings; /* those that come are taken off below */
    }
    if (level > g->spec->depth)
        return 0;
    n = arena_alloc(&g->answer->arena, sizeof(*n));
    if (n == NULL)
        return error_set(err, ERR_FAILED, "the answer is too large");
    n->trace = text_of(g->answer, rows, 0, CELL_TEXT);
    n->level = level;
    n->key = (uint64_t)rows_int(rows, 2);
    n->function = text_of(g->answer, rows, 4, CELL_TEXT);
    n->calls = rows_int(rows, 5);
    n->total_ms = rows_double(rows, 6);
    n->self_ms = rows_double(rows, 7);
    n->exceptions = rows_int(rows, 8);
    n->open = rows_int(rows, 9);
    n->call_id = rows_int(rows, 10);
    n->thread_id = rows_int(rows, 11);
    n->args = text_of(g->answer, rows, 12, CELL_JSON);
    n->result = text_of(g->answer, rows, 13, CELL_JSON);
    n->parent = parent;
    if (parent != NULL)
        append(&parent->first_child, &parent->last_child, n);
    else
        append(&g->tree->first, &g->tree->last, n);
    *slot(g, n->key, trace, level) = n;
    return 0;
}

static void count_hidden(struct growing *g)
{
    for (size_t i = 0; i < g->room; i++) {
        struct tree_node *n = g->by_key[i];

        if (n == NULL)
            continue;
        for (const struct tree_node *c = n->first_child; c != NULL; c = c->next)
            n->hidden--;
        g->tree->hidden += n->hidden;
    }
}

static const char *roots(struct answer *answer, const struct tree_spec *spec)
{
    if (spec->call_id >= 0)
        return answer_printf(answer, "call_id = %lld", (long long)spec->call_id);
    if (spec->function_ids == NULL)
        return "parent_id IS NULL";
    /* A recursion is one tree: only its outermost call is a root. */
    return answer_printf(
        answer,
        "function_id IN %s AND NOT EXISTS (FROM c p WHERE p.trace_id = c.trace_id AND "
        "p.call_id = c.parent_id AND p.function_id IN %s)",
        spec->function_ids, spec->function_ids);
}

/* " AND ..." of the rows among which what is below the roots lies. */
static int during(const struct asking *ask, struct answer *answer, const struct tree_spec *spec,
                  const char **ret, struct error *err)
{
    long long call = (long long)spec->call_id;
    struct store_query query = {
        .sql = answer_printf(answer, DURING_SQL, spec->traces, call, spec->traces, call)};
    struct rows *rows = NULL;
    int code;

    *ret = spec->call_id < 0 ? "" : " AND false";
    if (spec->call_id < 0)
        return 0;
    code = store_query(ask->store, &query, &rows, err);
    if (code == 0 && (code = rows_next(rows, err)) > 0)
        *ret = answer_printf(answer, " AND start_ns BETWEEN %lld AND %lld",
                             (long long)rows_int(rows, 0), (long long)rows_int(rows, 1));
    rows_free(rows);
    return code < 0 ? code : 0;
}

/* Whether the nodes that were counted are taken; tree->uncounted says how many calls they lack. */
static int may_count(const struct asking *ask, struct answer *answer, const struct tree_spec *spec,
                     struct tree *tree, bool *ret_may, struct error *err)
{
    const char *t = spec->traces;
    int64_t missing = 0, calls = 0;
    int ret;

    *ret_may = false;
    if (spec->call_id >= 0)
        return 0;
    ret = store_query_int(ask->store, answer_printf(answer, MISSING_SQL, t, t, t), &missing, err);
    if (ret == 0 && missing > 0)
        ret = store_query_int(ask->store, answer_printf(answer, CALLS_SQL, t), &calls, err);
    *ret_may = missing == 0 || (calls > TREE_MOST_WALKED && missing < calls);
    tree->uncounted = *ret_may ? missing : 0;
    return ret;
}

/* *ret_nodes: the query's part that makes `nodes`. */
static int find_nodes(const struct asking *ask, struct answer *answer, const struct tree_spec *spec,
                      struct tree *tree, const char **ret_nodes, struct error *err)
{
    const char *t = spec->traces, *ids = spec->function_ids, *lasting = "";
    long long depth = (long long)spec->depth;
    bool counted = false;
    int ret = may_count(ask, answer, spec, tree, &counted, err);

    if (ret == 0)
        ret = during(ask, answer, spec, &lasting, err);
    if (counted && ids != NULL)
        *ret_nodes = answer_printf(answer, BELOW_SQL, t, t, ids, ids, depth);
    else if (counted)
        *ret_nodes = answer_printf(answer, COUNTED_SQL, t, depth + 1, t, depth + 1);
    else
        *ret_nodes = answer_printf(answer, WALKED_SQL, t, lasting, t, roots(answer, spec), depth);
    return ret;
}

int tree_grow(const struct asking *ask, struct answer *answer, const struct tree_spec *spec,
              struct tree *ret, struct error *err)
{
    struct store_query query = {.timeout_ms = ask->timeout_ms};
    struct growing g = {.answer = answer, .spec = spec, .tree = ret, .room = 16384};
    const char *nodes, *shown;
    struct rows *rows = NULL;
    int code;

    _Static_assert(2 * TREE_MOST_NODES < 16384, "the table of nodes never fills");
    if ((code = find_nodes(ask, answer, spec, ret, &nodes, err)) < 0)
        return code;
    shown = answer_printf(answer, SHOWN_SQL, spec->min_ms, (long long)spec->depth,
                          (long long)spec->width, TREE_MOST_NODES);
    query.sql = answer_printf(answer, "%s%s", nodes, shown);
    g.by_key = arena_alloc(&answer->arena, g.room * sizeof(struct tree_node *));
    if (g.by_key == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    code = store_query(ask->store, &query, &rows, err);
    while (code >= 0 && (code = rows_next(rows, err)) > 0 && (code = add_node(&g, rows, err)) == 0)
        ;
    rows_free(rows);
    if (code < 0)
        return code;
    count_hidden(&g);
    if (spec->call_id >= 0 || spec->function_ids != NULL)
        return 0;
    return store_query_int(ask->store, answer_printf(answer, THINNED_SQL, spec->traces),
                           &ret->thinned, err);
}
