/* keep.c - the commands `prune`, `export`, `import` and `clear`: what of the database stays, and where it goes. */
#include "base/base.h"

#include "base/clock.h"
#include "base/io.h"
#include "cli/config.h"
#include "cli/keep.h"
#include "cli/store.h"
#include "query/question.h"
#include "query/trace_id.h"
#include "query/when.h"
#include "store/keep.h"

#include <ctype.h>
#include <strings.h>

#define PATIENCE_MS 10000

static const struct column TRACES[] = {
    {"id", "ID", COLUMN_ID, 0, "the trace"},
    {"started_at", "Started At", COLUMN_TIME, COLUMN_SECONDS, "UTC"},
    {"command", "Command", COLUMN_TEXT, COLUMN_WIDE, "the command line of the process"},
};
static const struct column SUMMARY[] = {
    {"db_path", "Database", COLUMN_TEXT, 0, "its file"},
    {"file", "File", COLUMN_TEXT, 0, "export, import: the other file"},
    {"traces", "Traces", COLUMN_INT, 0, "that went or came"},
    {"left_alone", "Left alone", COLUMN_INT, 0,
     "running ones; import: those that are there already"},
    {"bytes_before", "Before", COLUMN_BYTES, 0, "size of the database's file"},
    {"bytes_after", "After", COLUMN_BYTES, 0,
     "size of the database's file; export: of the new file"},
    {"dry_run", "Dry run", COLUMN_BOOL, COLUMN_NOT_IN_TABLE, "nothing was changed"},
};

struct keeping {
    struct answer answer;
    struct part *traces;
    struct keep_report report;
    struct error err;
    char *path; /* Owned: the database */
};

static void add_trace(void *ctx, const char *id, int64_t started_us, const char *command)
{
    struct keeping *k = ctx;
    struct cell *c = part_add(&k->answer, k->traces);

    if (c == NULL)
        return;
    c[0] = cell_text(&k->answer, id);
    c[1] = cell_time(started_us);
    c[2] = cell_text(&k->answer, command);
}

static int begin(struct keeping *k, const struct cli *cli)
{
    memset(k, 0, sizeof(*k));
    answer_init(&k->answer);
    k->answer.question = cli->command->name;
    k->answer.schema_version = store_schema_newest();
    k->answer.query_time_ms = (double)clock_mono_ns() / 1e6;
    k->traces = answer_part(&k->answer, PART_ROWS, "traces", TRACES, ARRAY_SIZE(TRACES));
    k->path = cli_database(cli, &k->err);
    if (k->traces == NULL)
        return error_set(&k->err, ERR_FAILED, "out of memory");
    k->traces->flags |= PART_MAIN;
    return k->path != NULL ? 0 : k->err.code;
}

static int finish(struct keeping *k, const struct cli *cli, int ret, const char *file, bool dry_run)
{
    struct part *part = NULL;
    struct cell *c;

    if (ret == 0)
        part =
            answer_part(&k->answer, PART_RECORD, cli->command->name, SUMMARY, ARRAY_SIZE(SUMMARY));
    c = part_add(&k->answer, part);
    if (c != NULL) {
        c[0] = cell_text(&k->answer, k->path);
        c[1] = cell_text(&k->answer, file);
        c[2] = cell_int(k->report.traces);
        c[3] = cell_int(k->report.left_alone);
        c[4] = k->report.bytes_before > 0 ? cell_int(k->report.bytes_before)
                                          : (struct cell){.kind = CELL_NULL};
        c[5] = cell_int(k->report.bytes_after);
        c[6] = cell_bool(dry_run);
    }
    k->answer.total = k->report.traces;
    k->answer.query_time_ms = (double)clock_mono_ns() / 1e6 - k->answer.query_time_ms;
    free(k->path);
    return config_end(cli, &k->answer, ret, &k->err);
}

/* ---- prune ---------------------------------------------------------------------------------- */

static const struct argument PRUNE_ARGS[] = {
    {.name = "older-than",
     .type = ARGUMENT_TIME,
     .metavar = "TIME",
     .example = "30d",
     .help = "traces that began before then: 12h, 30d, 8w, a date"},
    {.name = "keep",
     .type = ARGUMENT_INT,
     .min = 0,
     .max = 1000000000,
     .metavar = "N",
     .example = "100",
     .help = "all but the newest N traces"},
    {.name = "max-size",
     .type = ARGUMENT_TEXT,
     .metavar = "SIZE",
     .example = "500MB",
     .help = "the oldest traces, until the file is about this size: 500MB, 2GB"},
    {.name = "dry-run", .type = ARGUMENT_FLAG, .help = "say what would go, and change nothing"},
};

static const char *const PRUNE_EXAMPLES[] = {
    "breadcrumb prune --older-than 30d --dry-run",
    "what would go",
    "breadcrumb prune --keep 100 --max-size 2GB",
    "all but the newest hundred, and as many more as it takes to come below 2 GB",
    NULL,
};

/* "", "k", "MB", "GiB": how many bytes it is; 0 for anything else. */
static double read_unit(const char *text)
{
    static const char UNITS[] = "kmgt";
    const char *unit = *text != '\0' ? strchr(UNITS, tolower((unsigned char)*text)) : NULL;
    double factor = 1, step = 1000;

    if (unit != NULL && (text[1] == 'i' || text[1] == 'I'))
        step = 1024;
    for (const char *u = UNITS; unit != NULL && u <= unit; u++)
        factor *= step;
    if (unit != NULL)
        text += step == 1024 ? 2 : 1;
    text += *text == 'b' || *text == 'B';
    return *text == '\0' ? factor : 0;
}

/* "500MB", "1.5GiB", "4096": bytes; -1 for anything else. */
static int64_t read_size(const char *text)
{
    char *end = NULL;
    double n = strtod(text, &end), unit = read_unit(end);

    if (end == text || !isdigit((unsigned char)text[0]) || unit == 0 || !(n * unit < 9e18))
        return -1;
    return (int64_t)(n * unit);
}

static int read_rules(const struct cli *cli, struct keep_rules *rules, struct error *err)
{
    const char *older = arguments_text(cli->args, "older-than"),
               *size = arguments_text(cli->args, "max-size");
    struct when when = {WHEN_AT, 0};
    int ret = 0;

    *rules = (struct keep_rules){
        .keep = -1, .max_bytes = -1, .dry_run = arguments_flag(cli->args, "dry-run")};
    if (older != NULL)
        ret = when_parse(older, clock_wall_ns() / 1000, "option --older-than", &when, err);
    if (ret < 0)
        return ret;
    if (when.kind == WHEN_LAST)
        return error_set(err, ERR_INVALID_TIME,
                         "option --older-than: last is not for this; --keep 1 keeps the last");
    rules->before_us = when.us;
    if (arguments_given(cli->args, "keep"))
        rules->keep = arguments_int(cli->args, "keep");
    if (size != NULL && (rules->max_bytes = read_size(size)) < 0) {
        error_set(err, ERR_USAGE, "option --max-size: '%.100s' is not a size", size);
        return error_suggest(err, "give for example 500MB or 2GB");
    }
    if (older != NULL || size != NULL || rules->keep >= 0)
        return 0;
    error_set(err, ERR_USAGE, "prune needs to be told what may go");
    return error_suggest(
        err, "give --older-than, --keep or --max-size; to delete everything: breadcrumb clear");
}

static int cmd_prune(const struct cli *cli, int argc, char **argv)
{
    struct keep_rules rules;
    struct keeping k;
    int ret = begin(&k, cli);

    (void)argc;
    (void)argv;
    if (ret == 0)
        ret = read_rules(cli, &rules, &k.err);
    if (ret == 0 && !io_exists(k.path)) {
        ret = error_set(&k.err, ERR_DATABASE_NOT_FOUND, "there is no database '%s'", k.path);
        error_suggest(&k.err, "name another with --db-path");
    }
    if (ret == 0)
        ret = keep_prune(k.path, &rules, PATIENCE_MS, add_trace, &k, &k.report, &k.err);
    if (ret == 0 && k.report.left_alone > 0)
        answer_omit(&k.answer, k.report.left_alone, "traces", "they still run");
    return finish(&k, cli, ret, NULL, ret == 0 && rules.dry_run);
}

void describe_prune(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "prune",
        .summary = "delete old traces, and give their space back to the disk",
        .detail =
            "A trace goes when any of the rules means it; one that still runs stays. What is recorded and not stored\n"
            "yet is never touched. The settings retention_days and retention_mb do the same after each ingest.\n",
        .args = PRUNE_ARGS,
        .nargs = ARRAY_SIZE(PRUNE_ARGS),
        .examples = PRUNE_EXAMPLES,
        .run = cmd_prune,
    };
}

int keep_by_settings(const char *db_path, int64_t days, int64_t megabytes, struct error *err)
{
    struct keep_rules rules = {.keep = -1, .max_bytes = -1};
    struct keep_report report;

    if ((days <= 0 && megabytes <= 0) || !io_exists(db_path))
        return 0;
    if (days > 0)
        rules.before_us = clock_wall_ns() / 1000 - days * 86400 * 1000000;
    if (megabytes > 0)
        rules.max_bytes = megabytes * 1000 * 1000;
    return keep_prune(db_path, &rules, PATIENCE_MS, NULL, NULL, &report, err);
}

/* ---- export and import ---------------------------------------------------------------------- */

static const struct argument EXPORT_ARGS[] = {
    {.name = "trace_id",
     .type = ARGUMENT_TRACE,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED,
     .example = "last",
     .help = "the trace's ID, the beginning of it, last, or last~1 for the one before"},
    {.name = "file",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED,
     .metavar = "FILE",
     .example = "crash.duckdb",
     .help = "the new file: a database of its own, for --db-path or `breadcrumb import`"},
    {.name = "whole-run", .type = ARGUMENT_FLAG, .help = "all processes of the trace's run"},
};
static const struct argument IMPORT_ARGS[] = {
    {.name = "file",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED,
     .metavar = "FILE",
     .example = "crash.duckdb",
     .help = "what `breadcrumb export` has made, or any other database of breadcrumb"},
};
static const char *const EXPORT_EXAMPLES[] = {
    "breadcrumb export last crash.duckdb",
    "the latest trace as a file to pass on",
    "breadcrumb list --db-path crash.duckdb",
    "the file can be asked like any database",
    NULL,
};
static const char *const IMPORT_EXAMPLES[] = {
    "breadcrumb import crash.duckdb",
    "take the traces of a file into the database",
    NULL,
};

/* The ids of the traces that are meant, as SQL. Opens the store for that, and closes it: one lock at a time. */
static int find_ids(const struct cli *cli, const char *path, char ids[600], struct error *err)
{
    struct arguments none;
    struct opened opened;
    struct asking ask = {.args = &none, .timeout_ms = QUESTION_TIMEOUT_MS};
    char id[UUID_TEXT];
    int ret = cli_open(path, &opened, err);

    arguments_init(&none, NULL, 0);
    ask.store = opened.store;
    if (ret == 0)
        ret = trace_id_resolve(&ask, arguments_text(cli->args, "trace_id"), id, err);
    opened_close(&opened);
    if (ret < 0)
        return ret;
    if (arguments_flag(cli->args, "whole-run"))
        snprintf(
            ids, 600,
            "(SELECT id FROM a.traces WHERE id = '%s'::UUID OR run_id = (SELECT run_id FROM a.traces WHERE id = '%s'::UUID))",
            id, id);
    else
        snprintf(ids, 600, "('%s'::UUID)", id);
    return 0;
}

static int cmd_export(const struct cli *cli, int argc, char **argv)
{
    const char *file = arguments_text(cli->args, "file");
    struct keeping k;
    char ids[600];
    int ret = begin(&k, cli);

    (void)argc;
    (void)argv;
    if (ret == 0)
        ret = find_ids(cli, k.path, ids, &k.err);
    if (ret == 0)
        ret = keep_export(k.path, ids, file, PATIENCE_MS, add_trace, &k, &k.report, &k.err);
    return finish(&k, cli, ret, file, false);
}

static int cmd_import(const struct cli *cli, int argc, char **argv)
{
    const char *file = arguments_text(cli->args, "file");
    struct keeping k;
    int ret = begin(&k, cli);

    (void)argc;
    (void)argv;
    if (ret == 0)
        ret = keep_import(k.path, file, PATIENCE_MS, add_trace, &k, &k.report, &k.err);
    if (ret == 0 && k.report.left_alone > 0)
        answer_omit(&k.answer, k.report.left_alone, "traces", "they are there already");
    return finish(&k, cli, ret, file, false);
}

void describe_export(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "export",
        .summary = "write a trace into a file of its own",
        .args = EXPORT_ARGS,
        .nargs = ARRAY_SIZE(EXPORT_ARGS),
        .examples = EXPORT_EXAMPLES,
        .run = cmd_export,
    };
}

void describe_import(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "import",
        .summary = "take the traces of a file into the database",
        .args = IMPORT_ARGS,
        .nargs = ARRAY_SIZE(IMPORT_ARGS),
        .examples = IMPORT_EXAMPLES,
        .run = cmd_import,
    };
}
