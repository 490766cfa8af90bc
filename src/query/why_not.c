/* why_not.c - the question `why-not`: why a function is not in the recording, and what would record it. */
#include "base/base.h"

#include "query/why.h"

static const struct argument ARGS[] = {
    {.name = "function",
     .type = ARGUMENT_FUNCTION,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED,
     .example = "json.dumps",
     .help = "its name, Class.name or module.name"},
    SCOPE_ARG_TRACE(
        "in one process: its ID or the beginning of it, last, last~1; by default in the latest run"),
    SCOPE_ARG_RUN,
};

static const struct column COLUMNS[] = {
    {"function", "Function", COLUMN_TEXT, 0, "as it was asked for"},
    {"recorded", "Recorded", COLUMN_BOOL, 0, "whether there are calls of it after all"},
    {"reason", "Reason", COLUMN_TEXT, 0,
     "recorded, another process, filtered, never called, a C function, not imported, before the start, recording was off"},
    {"explanation", "Explanation", COLUMN_TEXT, 0, "the reason in a sentence"},
    {"rule", "Rule", COLUMN_TEXT, 0, "the setting that left it out; null: none did"},
    {"option", "Option", COLUMN_TEXT, 0,
     "what to give to `breadcrumb run` to have it recorded; null: nothing would help"},
    {"module", "Module", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "that it is about; null: not known"},
    {"near", "Recorded Names Like It", COLUMN_TEXT, 0,
     "functions that were recorded and have such a name"},
};

static void go_on(struct answer *answer, const char *name, const struct why *why,
                  const struct scope *scope)
{
    if (why->reason == WHY_RECORDED)
        answer_suggest(answer, "its calls", "calls", "function", name, scope_name(scope),
                       scope_value(scope), NULL);
    else if (why->elsewhere != NULL)
        answer_suggest(answer, "its calls in that process", "calls", "function", name, "trace",
                       why->elsewhere, NULL);
    else
        answer_suggest(answer, "what was called instead", "top", scope_name(scope),
                       scope_value(scope), NULL);
    if (why->reason == WHY_FILTERED)
        answer_suggest(answer, "what else was seen and not recorded", "gaps", scope_name(scope),
                       scope_value(scope), NULL);
}

static int ask_why_not(const struct asking *ask, struct answer *answer, struct error *err)
{
    const char *name = arguments_text(ask->args, "function");
    struct part *part = answer_part(answer, PART_RECORD, "why_not", COLUMNS, ARRAY_SIZE(COLUMNS));
    struct cell *cells = part_add(answer, part);
    struct why why = {0};
    struct scope scope;
    int ret = scope_read(ask, SCOPE_LATEST_RUN, &scope, err);

    if (ret == 0)
        ret = why_not_called(ask, answer, name, &scope, &why, err);
    if (ret < 0 || cells == NULL)
        return ret;
    cells[0] = cell_text(answer, name);
    cells[1] = cell_bool(why.reason == WHY_RECORDED);
    cells[2] = cell_text(answer, why_word(why.reason));
    cells[3] = cell_text(answer, why.text);
    cells[4] = cell_text(answer, why.rule);
    cells[5] = cell_text(answer, why.option);
    cells[6] = cell_text(answer, why.module);
    cells[7] = cell_text(answer, why.near);
    go_on(answer, name, &why, &scope);
    return 0;
}

static const struct question_part PART = {"why_not", "why there is no call of it", PART_RECORD, 0,
                                          COLUMNS,   ARRAY_SIZE(COLUMNS)};
static const struct question_part *const PARTS[] = {&PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb why-not json.dumps",
    "why no call of it was recorded in the latest run",
    NULL,
};

static const struct question_tool TOOL = {
    .name = "why_not",
    .title = "Why not recorded",
    .use = "Use this when a function that you expect is not in the answers: never "
           "called, filtered (by which rule, and the option that lets it in), C "
           "code, another process.",
};

const struct question question_why_not = {
    .name = "why-not",
    .summary = "say why a function is not in the recording, and what would record it",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .tool = &TOOL,
    .ask = ask_why_not,
};
