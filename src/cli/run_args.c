/* run_args.c - the options of `run`. Those of settings are rows of settings/table.c too; run_args_test.c compares. */
#include "base/base.h"

#include "cli/cli.h"
#include "cli/run.h"
#include "settings/config_file.h"
#include "settings/table.h"

#define LONGEST_TIMEOUT 1000000000.0 /* seconds; 31 years */
#define LONGEST_GRACE 3600.0

const struct argument run_args[] = {
    {.name = "timeout",
     .letter = 't',
     .type = ARGUMENT_NUMBER,
     .metavar = "SECONDS",
     .help = "end the command when it has run for so long (required)"},
    {.name = "grace",
     .type = ARGUMENT_NUMBER,
     .fallback = "5",
     .metavar = "SECONDS",
     .help = "after the timeout, time to end by itself (SIGTERM) before it is killed"},
    {.name = "include",
     .letter = 'i',
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_REPEATS,
     .metavar = "PATTERN",
     .help = "modules to record: globs over dotted names; pkg.* is pkg and all below it"},
    {.name = "exclude",
     .letter = 'e',
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_REPEATS,
     .metavar = "PATTERN",
     .help = "modules to leave out, in the same form; stronger than include"},
    {.name = "no-default-excludes",
     .type = ARGUMENT_FLAG,
     .help = "do not leave out the built-in list of standard modules"},
    {.name = "workspace-only",
     .type = ARGUMENT_FLAG,
     .help = "record the workspace's own code only, not installed packages (the default)"},
    {.name = "all-code",
     .type = ARGUMENT_FLAG,
     .help = "record installed packages and the standard library too"},
    {.name = "workspace",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_REPEATS,
     .metavar = "DIR",
     .help = "folder that holds the user's code; the working directory when not given"},
    {.name = "sample-rate",
     .type = ARGUMENT_TEXT,
     .metavar = "F",
     .help = "share of calls to record, from 0.0 to 1.0"},
    {.name = "every-call",
     .type = ARGUMENT_FLAG,
     .help = "record every call, also of hot loops: the same as --hot-threshold 0"},
    {.name = "hot-threshold",
     .type = ARGUMENT_TEXT,
     .metavar = "N",
     .help = "calls of a function in one window that are recorded; 0: every call"},
    {.name = "backend",
     .type = ARGUMENT_TEXT,
     .metavar = "NAME",
     .help = "how to listen to Python: pep669 (3.12 and later), settrace (before), auto"},
    {.name = "values",
     .type = ARGUMENT_TEXT,
     .metavar = "MODE",
     .help =
         "how values are kept: structure, repr (runs the program's code), names (types only), off"},
    {.name = "max-chars",
     .type = ARGUMENT_TEXT,
     .metavar = "N",
     .help = "characters kept of one string"},
    {.name = "max-value-bytes",
     .type = ARGUMENT_TEXT,
     .metavar = "N",
     .help = "bytes kept of one value, with all that is in it"},
    {.name = "lines",
     .type = ARGUMENT_FLAG,
     .help = "record each line that a recorded call runs; slow"},
    {.name = "locals",
     .type = ARGUMENT_FLAG,
     .help = "record lines with the local variables that have changed since the line before; "
             "very slow"},
    {.name = "no-redact",
     .type = ARGUMENT_FLAG,
     .help = "keep secrets as they are instead of writing [REDACTED]"},
    {.name = "redact-name",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_REPEATS,
     .metavar = "NAME",
     .help = "names that hold a secret, beside the built-in ones; -NAME takes one of those away"},
    {.name = "redact-pattern",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_REPEATS,
     .metavar = "PATTERN",
     .help =
         "what secrets look like, beside the built-in forms; docs/redaction.md has the language"},
    {.name = "quota",
     .type = ARGUMENT_TEXT,
     .metavar = "MB",
     .help = "most that the trails of one run may hold before they are ingested"},
    {.name = "silent",
     .type = ARGUMENT_FLAG,
     .help = "print neither the line at the start nor the report"},
};
const size_t run_nargs = ARRAY_SIZE(run_args);

/* The setting behind an option, and the text to set it to. NULL: it is none. */
static const struct settings_row *row_of(const struct given *given, const char **ret_text)
{
    for (size_t i = 0; i < settings_count; i++) {
        const struct settings_row *row = &settings_table[i];

        if (row->option != NULL && strcmp(row->option + 2, given->spec->name) == 0) {
            *ret_text = given->spec->type == ARGUMENT_FLAG ? "true" : given->text;
            return row;
        }
        if (row->option_off != NULL && strcmp(row->option_off + 2, given->spec->name) == 0) {
            *ret_text = "false";
            return row;
        }
    }
    return NULL;
}

static int set_given(struct settings *s, const struct given *given, struct error *err)
{
    const char *text = NULL;
    const struct settings_row *row = row_of(given, &text);
    char where[64];

    if (strcmp(given->spec->name, "every-call") == 0)
        return settings_set(s, "hot_threshold", "0", FROM_ARGUMENT, "option --every-call", err);
    if (row == NULL)
        return 0;
    snprintf(where, sizeof(where), "option --%s", given->spec->name);
    return settings_set(s, row->key, text, FROM_ARGUMENT, where, err);
}

static int read_times(const struct arguments *args, struct run_options *ret, struct error *err)
{
    double timeout = arguments_number(args, "timeout"), grace = arguments_number(args, "grace");

    if (!arguments_given(args, "timeout")) {
        error_set(err, ERR_USAGE, "the option --timeout is missing");
        return error_suggest(
            err, "say how many seconds the command may run: breadcrumb run -t 60 CMD...");
    }
    if (!(timeout > 0 && timeout <= LONGEST_TIMEOUT)) {
        error_set(err, ERR_USAGE, "option --timeout: '%.100s' is no time that a command can run",
                  arguments_text(args, "timeout"));
        return error_suggest(err, "give seconds, more than 0 and at most %.0f", LONGEST_TIMEOUT);
    }
    if (!(grace >= 0 && grace <= LONGEST_GRACE)) {
        error_set(err, ERR_USAGE, "option --grace: '%.100s' is out of range",
                  arguments_text(args, "grace"));
        return error_suggest(err, "give seconds from 0 to %.0f", LONGEST_GRACE);
    }
    ret->timeout_ns = (int64_t)(timeout * 1e9);
    ret->grace_ns = (int64_t)(grace * 1e9);
    return 0;
}

int run_options_read(const struct cli *cli, struct run_options *ret, struct error *err)
{
    struct settings *s = &ret->settings;
    int failed;

    memset(ret, 0, sizeof(*ret));
    failed = read_times(cli->args, ret, err);
    if (failed == 0) {
        config_file_first_use();
        failed = settings_load(s, cli->config, err);
    }
    /* Who starts the command may have no say in its environment, and it would run without us. */
    if (failed == ERR_INVALID_SETTING && settings_is_environments(err)) {
        ret->fault = *err;
        failed = settings_init(s, err);
    }
    for (size_t i = 0; failed == 0 && i < cli->args->ngiven; i++)
        failed = set_given(s, &cli->args->given[i], err);
    if (failed == 0 && cli->db_path != NULL)
        failed = settings_set(s, "db_path", cli->db_path, FROM_ARGUMENT, "option --db-path", err);
    if (failed == 0)
        failed = settings_default_workspace(s, err);
    s->enabled = s->enabled && ret->fault.code == 0;
    return failed;
}

void run_options_release(struct run_options *options)
{
    settings_release(&options->settings);
}
