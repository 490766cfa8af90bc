/*
 * tree.c - the question `tree`: who called whom, drawn, with times and arguments. Calls of one function below the same node are one
 * node (`x 4,812`), so that a loop takes a line. Built by parents, never by times, and level by level, so that a trace of millions
 * of calls costs what its shape costs.
 */
#include "base/base.h"

#include "query/brief.h"
#include "query/function.h"
#include "query/tree.h"
#include "query/why.h"

#define VALUE_BYTES 40
#define LINE_BYTES 500

static const struct argument ARGS[] = {
    {.name = "function",
     .type = ARGUMENT_FUNCTION,
     .flags = ARGUMENT_POSITIONAL,
     .example = "main",
     .help = "begin at the calls of this function; by default at the outermost calls"},
    {.name = "call",
     .type = ARGUMENT_INT,
     .min = 0,
     .max = INT64_MAX,
     .metavar = "CALL",
     .example = "1099511627777",
     .help = "begin at this call: a call_id, together with --trace"},
    {.name = "depth",
     .type = ARGUMENT_INT,
     .min = 0,
     .max = TREE_MOST_LEVELS - 1,
     .fallback = "8",
     .metavar = "N",
     .help = "levels to draw below the first"},
    {.name = "width",
     .type = ARGUMENT_INT,
     .min = 1,
     .max = 1000,
     .fallback = "12",
     .metavar = "N",
     .help =
         "nodes to draw below each node: those with the most time, in the order in which they began"},
    {.name = "min-ms",
     .type = ARGUMENT_NUMBER,
     .min = 0,
     .max = 1000000000,
     .metavar = "MS",
     .example = "1",
     .help = "leave out nodes that took less in all"},
    SCOPE_ARG_TRACE(
        "of one process: its ID or the beginning of it, last, last~1; by default of the latest run"),
    SCOPE_ARG_RUN,
};

static const struct column COLUMNS[] = {
    {"level", "Level", COLUMN_INT, 0, "0 for those at which the tree begins"},
    {"function", "Function", COLUMN_TEXT, COLUMN_WIDE, "module and function"},
    {"calls", "Calls", COLUMN_INT, 0, "recorded calls that the node stands for"},
    {"total_ms", "Total", COLUMN_MS, 0, "sum of their durations in ms, waiting included"},
    {"self_ms", "Self", COLUMN_MS, 0, "in them alone, in ms"},
    {"exceptions", "Raised", COLUMN_INT, 0, "how many ended by an exception"},
    {"open_calls", "Open", COLUMN_INT, 0, "how many had not ended"},
    {"args", "Arguments", COLUMN_JSON, COLUMN_WIDE, "of the first of them"},
    {"result", "Result", COLUMN_JSON, COLUMN_WIDE,
     "of the first of them; null if it raised or is open"},
    {"call_id", "Call", COLUMN_INT, COLUMN_NOT_IN_TABLE, "the first of them"},
    {"trace_id", "Trace", COLUMN_ID, COLUMN_NOT_IN_TABLE, "the process"},
    {"thread_id", "Thread", COLUMN_INT, COLUMN_NOT_IN_TABLE, "in which the first began"},
    {"hidden_below", "Hidden", COLUMN_INT, 0,
     "nodes right below it that are not shown, for --width, --depth or --min-ms"},
};

static const struct question_part PART = {
    "tree",     "the nodes from the top down, each before those below it",
    PART_LINES, PART_MAIN,
    COLUMNS,    ARRAY_SIZE(COLUMNS)};

/* ---- writing -------------------------------------------------------------------------------- */

/* 4812 as "4,812". */
static const char *grouped(struct answer *a, int64_t n)
{
    if (n < 1000)
        return answer_printf(a, "%lld", (long long)n);
    return answer_printf(a, "%s,%03lld", grouped(a, n / 1000), (long long)(n % 1000));
}

static const char *said(struct answer *a, const struct tree_node *n)
{
    struct buf line = BUF_INIT(LINE_BYTES);
    const char *text;

    buf_putf(&line, "%s(", n->function.text != NULL ? n->function.text : "?");
    if (n->args.kind == CELL_JSON)
        brief_args(&line, n->args.text, n->args.len, VALUE_BYTES);
    buf_putc(&line, ')');
    if (n->calls > 1)
        buf_putf(&line, " ...  x %s", grouped(a, n->calls));
    if (n->calls == 1 && n->result.kind == CELL_JSON && strcmp(n->result.text, "null") != 0) {
        buf_puts(&line, " = ");
        brief_value(&line, n->result.text, n->result.len, VALUE_BYTES);
    }
    buf_putf(&line, "  %.3f ms", n->total_ms);
    if (n->open > 0)
        buf_puts(&line, n->calls > 1 ? answer_printf(a, "  %lld still open", (long long)n->open)
                                     : "  still open");
    if (n->exceptions > 0)
        buf_puts(&line, n->calls > 1 ? answer_printf(a, "  %s raised", grouped(a, n->exceptions))
                                     : "  raised");
    text = answer_printf(a, "%s", buf_text(&line));
    buf_release(&line);
    return text;
}

/* "│  ├─ " in front of a node, by whether it and those above it are the last of theirs. */
static const char *branch(struct answer *a, const struct tree_node *n)
{
    const char *text = "";

    if (n->parent == NULL)
        return text;
    text = n->last_shown ? "\xe2\x94\x94\xe2\x94\x80 " : "\xe2\x94\x9c\xe2\x94\x80 ";
    for (const struct tree_node *p = n->parent; p->parent != NULL; p = p->parent)
        text = answer_printf(a, "%s%s", p->last_shown ? "   " : "\xe2\x94\x82  ", text);
    return text;
}

static void write_node(struct answer *a, struct part *part, const struct tree_node *n)
{
    struct cell *c = part_add(a, part);

    if (c == NULL)
        return;
    c[0] = cell_int(n->level);
    c[1] = n->function;
    c[2] = cell_int(n->calls);
    c[3] = cell_double(n->total_ms);
    c[4] = cell_double(n->self_ms);
    c[5] = cell_int(n->exceptions);
    c[6] = cell_int(n->open);
    c[7] = n->args;
    c[8] = n->result;
    c[9] = cell_int(n->call_id);
    c[10] = n->trace;
    c[11] = cell_int(n->thread_id);
    c[12] = cell_int(n->hidden);
    part_say(a, part, 0, "%s%s%s", branch(a, n), said(a, n),
             n->hidden > 0 ? answer_printf(a, "  (+ %s below)", grouped(a, n->hidden)) : "");
}

/* Down, on, up: no recursion, the depth is only as trustworthy as the store. */
static void write_tree(struct answer *a, struct part *part, const struct tree *tree)
{
    for (const struct tree_node *root = tree->first; root != NULL; root = root->next) {
        const struct tree_node *n = root;

        for (;;) {
            write_node(a, part, n);
            if (n->first_child != NULL) {
                n = n->first_child;
                continue;
            }
            while (n != root && n->next == NULL)
                n = n->parent;
            if (n == root)
                break;
            n = n->next;
        }
    }
}

/* ---- asking --------------------------------------------------------------------------------- */

static int read_spec(const struct asking *ask, struct answer *answer, const struct scope *scope,
                     struct tree_spec *spec, struct error *err)
{
    const char *function = arguments_text(ask->args, "function");
    struct functions found;
    int ret = 0;

    spec->traces = scope->traces;
    spec->depth = arguments_int(ask->args, "depth");
    spec->width = arguments_int(ask->args, "width");
    spec->min_ms = arguments_number(ask->args, "min-ms");
    spec->call_id = -1;
    if (function != NULL && arguments_given(ask->args, "call"))
        return error_set(err, ERR_USAGE, "either FUNCTION or --call, not both");
    if (arguments_given(ask->args, "call")) {
        if (scope->trace_id[0] == '\0') {
            error_set(err, ERR_USAGE,
                      "the option --call needs --trace: calls are numbered in their trace");
            return error_suggest(
                err, "give --trace ID with the trace_id that stands beside the call_id");
        }
        spec->call_id = arguments_int(ask->args, "call");
    }
    if (function == NULL)
        return 0;
    ret = functions_find(ask, answer, function, scope, &found, err);
    if (ret == 0)
        spec->function_ids = found.ids;
    return ret;
}

static int explain_empty(const struct asking *ask, struct answer *answer,
                         const struct tree_spec *spec, const struct scope *scope, struct error *err)
{
    int ret = 0;

    if (spec->call_id >= 0) {
        answer->why =
            answer_printf(answer, "the trace has no recorded call %lld", (long long)spec->call_id);
        answer_suggest(answer, "its outermost calls", "tree", "trace", scope->trace_id, NULL);
        return 0;
    }
    if (spec->min_ms > 0)
        answer->why = "no call took so long";
    else
        ret = why_nothing(ask, answer, "call", scope->traces, err);
    answer_suggest(answer, "what was seen and not recorded", "gaps", scope_name(scope),
                   scope_value(scope), NULL);
    return ret;
}

static void go_on(struct answer *answer, const struct tree *tree, const struct scope *scope)
{
    const struct tree_node *slowest = NULL;

    if (tree->hidden > 0)
        answer_omit(answer, tree->hidden, "nodes", "not drawn, for --depth, --width or --min-ms");
    for (const struct tree_node *n = tree->first; n != NULL; n = n->first_child)
        for (const struct tree_node *m = n; m != NULL; m = m->next)
            if (m->hidden > 0 && (slowest == NULL || m->total_ms > slowest->total_ms))
                slowest = m;
    if (slowest != NULL)
        answer_suggest(answer, "what is below this one", "tree", "call",
                       answer_printf(answer, "%lld", (long long)slowest->call_id), "trace",
                       slowest->trace.text, NULL);
    if (tree->uncounted > 0)
        answer_omit(
            answer, tree->uncounted, "calls",
            "on paths that were not counted: the trace has too many; `tree --call` walks the calls themselves");
    if (tree->thinned > 0)
        answer_omit(answer, tree->thinned, "calls",
                    "thinned out: they are in the counts of `top`, not in the tree");
    answer_suggest(answer, "the functions by their own time", "top", "by", "self",
                   scope_name(scope), scope_value(scope), NULL);
}

static int ask_tree(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct tree_spec spec = {0};
    struct tree tree = {0};
    struct scope scope;
    struct part *part;
    int ret = scope_read(ask, SCOPE_LATEST_RUN, &scope, err);

    if (ret == 0)
        ret = read_spec(ask, answer, &scope, &spec, err);
    if (ret == 0)
        ret = tree_grow(ask, answer, &spec, &tree, err);
    if (ret < 0)
        return ret;
    part = answer_part(answer, PART_LINES, "tree", COLUMNS, ARRAY_SIZE(COLUMNS));
    if (part == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    part->flags |= PART_MAIN;
    write_tree(answer, part, &tree);
    answer->total = (int64_t)part->nrows + tree.hidden;
    if (part->nrows == 0)
        return explain_empty(ask, answer, &spec, &scope, err);
    go_on(answer, &tree, &scope);
    return 0;
}

static const struct question_part *const PARTS[] = {&PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb tree --format table",
    "the latest run as a tree, for reading",
    "breadcrumb tree Cart.total --depth 3",
    "what the calls of one function did, three levels down",
    "breadcrumb tree --call 1099511627777 --trace last",
    "what one call did",
    NULL,
};

const struct question question_tree = {
    .name = "tree",
    .summary = "draw who called whom, with times and arguments, repetitions folded",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .ask = ask_tree,
};
