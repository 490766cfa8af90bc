/*
 * gaps.c - the question `gaps`: code that was seen and is not recorded, the rule that left it out, and the option that would
 * let it in. Seen is what called recorded code, what caught its exceptions, and what stood in their stacks; code that
 * nothing of this kind points at leaves no mark, because excluded code costs nothing.
 */
#include "base/base.h"

#include "query/fetch.h"
#include "query/infrastructure.h"
#include "query/why.h"

static const struct argument ARGS[] = {
    PAGE_ARG_LIMIT("20", "how many modules to show"),
    SCOPE_ARG_TRACE(
        "of one process: its ID or the beginning of it, last, last~1; by default of the latest run"),
    SCOPE_ARG_RUN,
};

static const struct column COLUMNS[] = {
    {"module", "Module", COLUMN_TEXT, 0, "that has the functions"},
    {"functions", "Functions", COLUMN_TEXT, COLUMN_WIDE, "up to five of them"},
    {"function_count", "Count", COLUMN_INT, 0, "different functions of it that were seen"},
    {"calls_made", "Calls Made", COLUMN_INT, 0,
     "recorded calls that these functions made: callbacks into recorded code"},
    {"exceptions_caught", "Caught", COLUMN_INT, 0, "exceptions of recorded code that they caught"},
    {"category", "Category", COLUMN_TEXT, 0, "app, library or stdlib"},
    {"rule", "Rule", COLUMN_TEXT, 0,
     "the setting that left it out; null: none, it began before the recording did"},
    {"explanation", "Because", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "the rule in a sentence"},
    {"option", "Would Include It", COLUMN_TEXT, 0, "what to give to `breadcrumb run`"},
    {"command", "In A Profile", COLUMN_TEXT, COLUMN_WIDE,
     "the same in the profile of the run; <name>: it had none, put one in"},
    {"file_path", "File", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "of one of the functions"},
};
enum {
    G_MODULE,
    G_FUNCTIONS,
    G_COUNT,
    G_MADE,
    G_CAUGHT,
    G_CATEGORY,
    G_RULE,
    G_BECAUSE,
    G_OPTION,
    G_COMMAND,
    G_FILE
};

static const struct question_part PART = {
    "gaps",    "modules that were seen and not recorded, those nearest to the recorded code first",
    PART_ROWS, PART_MAIN,
    COLUMNS,   ARRAY_SIZE(COLUMNS)};

/* clang-format off */
static const char SQL[] =
    "WITH recorded AS (SELECT DISTINCT function_id FROM stat_rows WHERE trace_id IN %s), "
    "made AS (SELECT caller_function_id AS id, sum(calls)::BIGINT AS calls FROM ("
    "    SELECT caller_function_id, calls FROM edge_rows WHERE caller_function_id IS NOT NULL AND trace_id IN %s "
    "    UNION ALL SELECT caller_function_id, 1 FROM open_calls WHERE caller_function_id IS NOT NULL AND trace_id IN %s) "
    "  WHERE caller_function_id NOT IN (FROM recorded) GROUP BY 1), "
    "caught AS (SELECT handled_by AS id, count(*) AS exceptions FROM exception_rows WHERE handled_by IS NOT NULL AND trace_id IN %s "
    "  AND handled_by NOT IN (FROM recorded) GROUP BY 1), "
    "seen AS (SELECT f.id, f.module_name, f.function_name, f.file_path, f.category, coalesce(made.calls, 0) AS calls, coalesce(caught.exceptions, 0) AS exceptions "
    "  FROM functions f LEFT JOIN made ON made.id = f.id LEFT JOIN caught ON caught.id = f.id "
    "  WHERE f.id NOT IN (FROM recorded) AND (made.id IS NOT NULL OR caught.id IS NOT NULL OR f.id NOT IN (SELECT function_id FROM stat_rows))) "
    "SELECT module_name, array_to_string(list(DISTINCT function_name ORDER BY function_name)[1:5], ', '), count(*), sum(calls)::BIGINT, "
    "  sum(exceptions)::BIGINT, any_value(category), NULL, NULL, NULL, NULL, min(file_path), count(*) OVER () "
    "FROM seen GROUP BY module_name ORDER BY sum(calls) + sum(exceptions) DESC, module_name LIMIT $limit";
/* clang-format on */

struct finding {
    struct answer *answer;
    struct settings settings;
    const char *profile, *command;
    struct why_recorded recorded;
    int64_t total;
};

static int explain_module(void *ctx, struct rows *rows, struct cell *c)
{
    struct finding *f = ctx;
    struct why_subject subject = {c[G_MODULE].text, c[G_FILE].text, c[G_CATEGORY].text,
                                  &f->recorded};
    struct why why = {0};

    f->total = rows_int(rows, ARRAY_SIZE(COLUMNS));
    if (subject.module == NULL)
        return 0;
    if (!why_rule(f->answer, &f->settings, &subject, &why))
        why.text =
            "no rule leaves it out: its calls began before the recording did, or it was never called itself";
    c[G_RULE] = cell_text(f->answer, why.rule);
    c[G_BECAUSE] = cell_text(f->answer, why.text);
    c[G_OPTION] = cell_text(f->answer, why.option);
    if (why.edit != NULL)
        c[G_COMMAND] = cell_text(f->answer, answer_printf(f->answer, "breadcrumb config edit %s %s",
                                                          f->profile, why.edit));
    return 0;
}

/* How the recorded program was started, to be typed again; an example's command when that cannot be. */
static int find_command(const struct asking *ask, const struct scope *scope, struct finding *f,
                        struct error *err)
{
    const char *sql =
        answer_printf(f->answer,
                      "SELECT command FROM traces WHERE id IN %s AND command != '' AND "
                      "NOT contains(command, '[REDACTED]') ORDER BY started_at LIMIT 1",
                      scope->traces);
    int ret = fetch_text(ask, f->answer, sql, &f->command, err);

    if (f->command == NULL)
        f->command = "python app.py";
    return ret;
}

static void go_on(const struct finding *f, const struct scope *scope, const struct part *part)
{
    struct answer *answer = f->answer;

    if ((int64_t)part->nrows < answer->total)
        answer_omit(answer, answer->total - (int64_t)part->nrows, "modules",
                    "less often seen than these");
    if (part->nrows == 0) {
        answer->why =
            "everything that was seen is recorded; what excluded code does among itself leaves no mark";
        answer_suggest(answer, "what was called", "top", scope_name(scope), scope_value(scope),
                       NULL);
        return;
    }
    for (const struct row *r = part->first; r != NULL; r = r->next) {
        const char *option = r->cells[G_OPTION].text;

        if (option == NULL || strncmp(option, "--", 2) != 0)
            continue;
        answer_suggest(answer, answer_printf(answer, "record %s too", r->cells[G_MODULE].text),
                       "run", "timeout", "60", "",
                       answer_printf(answer, "%s %s", option, f->command), NULL);
        return;
    }
}

static int ask_gaps(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct store_param params[] = {store_int("limit", arguments_int(ask->args, "limit"))};
    struct finding f = {.answer = answer};
    struct fetch fetch = {NULL, params, ARRAY_SIZE(params), explain_module, &f};
    struct scope scope;
    struct part *part;
    int ret = scope_read(ask, SCOPE_LATEST_RUN, &scope, err);

    if (ret == 0)
        ret = infrastructure_profile(ask, answer, answer_printf(answer, "id IN %s", scope.traces),
                                     &f.profile, err);
    if (ret == 0)
        ret = why_settings(ask, &scope, &f.settings, err);
    if (ret == 0)
        ret = why_recorded(ask, &scope, answer, f.profile, &f.recorded, err);
    if (ret == 0)
        ret = find_command(ask, &scope, &f, err);
    if (ret < 0) {
        settings_release(&f.settings);
        return ret;
    }
    part = answer_rows(answer, "gaps", COLUMNS, ARRAY_SIZE(COLUMNS));
    fetch.sql = answer_printf(answer, SQL, scope.traces, scope.traces, scope.traces, scope.traces);
    ret = fetch_rows(ask, answer, part, &fetch, NULL, err);
    settings_release(&f.settings);
    answer->total = f.total;
    if (ret == 0 && part != NULL)
        go_on(&f, &scope, part);
    return ret;
}

static const struct question_part *const PARTS[] = {&PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb gaps",
    "what was seen in the latest run and not recorded",
    "breadcrumb gaps --trace last --format table",
    "of one process, for reading",
    NULL,
};

const struct question question_gaps = {
    .name = "gaps",
    .summary = "show code that was seen and not recorded, and the option that would record it",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .ask = ask_gaps,
};
