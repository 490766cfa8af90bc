/* set.c - see set.h. What does not fit is refused here: the recorded program never sees it. */
#include "base/base.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "begin/change.h"
#include "cli/config.h"
#include "cli/set.h"
#include "ingest/scan.h"
#include "settings/places.h"
#include "settings/settings.h"
#include "settings/table.h"
#include "trail/control.h"
#include "trail/reader.h"

#include <unistd.h>

#define PATIENCE_NS 500000000 /* for a process to take it */

static const struct argument ARGS[] = {
    {.name = "setting",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED | ARGUMENT_REPEATS,
     .metavar = "KEY=VALUE",
     .help = "a setting that can change while it runs; lists have commas, KEY= is the empty one"},
    {.name = "pid",
     .type = ARGUMENT_INT,
     .min = 1,
     .max = INT32_MAX,
     .metavar = "N",
     .help = "only this process"},
    {.name = "run",
     .type = ARGUMENT_TEXT,
     .metavar = "ID",
     .help =
         "only the processes of this run: its folder's name as in 'breadcrumb status', or a part of it"},
};

static const struct column PROCESSES[] = {
    {"pid", "PID", COLUMN_INT, 0, "of the process"},
    {"run", "Run", COLUMN_TEXT, 0, "the folder of its run"},
    {"taken", "Taken", COLUMN_BOOL, 0,
     "whether it goes by it already; if not, it will at its next event"},
    {"set", "Set", COLUMN_TEXT, COLUMN_WIDE, "all that was set while it runs"},
    {"waiting", "Waiting For", COLUMN_TEXT, COLUMN_WIDE,
     "what has to happen before it is heard, and what to do if that does not; null: it was heard"},
};

static const char NOT_HEARD[] =
    "not heard yet: nothing has run since that the recorder listens to. It is heard at a call of recorded code, the first call of a "
    "function, an exception; a program that runs nothing but hot code that is left out has to be started again with the setting";

/* ---- the settings ------------------------------------------------------------------------- */

static int set_one(struct settings *s, const char *word, struct change *change, struct error *err)
{
    const char *equals = strchr(word, '=');
    const struct settings_row *row;
    char key[64];

    if (equals == NULL || equals == word || (size_t)(equals - word) >= sizeof(key)) {
        error_set(err, ERR_USAGE, "'%.100s' is not KEY=VALUE", word);
        return error_suggest(err, "like 'breadcrumb set sample_rate=0.1'");
    }
    snprintf(key, sizeof(key), "%.*s", (int)(equals - word), word);
    row = settings_row(key);
    if (row != NULL && change_name(change, row, err) < 0)
        return ERR_INVALID_SETTING;
    if (row != NULL && settings_is_list(row) && equals[1] == '\0')
        settings_set_none(s, row, FROM_ARGUMENT);
    else
        return settings_set(s, key, equals + 1, FROM_ARGUMENT, "option of set", err);
    return 0;
}

/* ---- the processes ------------------------------------------------------------------------ */

static bool wait_until_taken(const char *dir, uint32_t seq)
{
    int64_t end = clock_mono_ns() + PATIENCE_NS;

    while (control_taken(dir) != seq) {
        if (clock_mono_ns() > end || trail_dir_alive(dir) != 1)
            return false;
        usleep(2000);
    }
    return true;
}

static bool is_meant(const struct cli *cli, const struct scan_process *p)
{
    const char *run = arguments_text(cli->args, "run");
    const char *name = strrchr(p->dir, '/') + 1;

    if (trail_dir_alive(p->dir) != 1)
        return false;
    if (arguments_given(cli->args, "pid") &&
        strtoll(name, NULL, 10) != arguments_int(cli->args, "pid"))
        return false;
    return run == NULL || strstr(p->run, run) != NULL;
}

static int nobody(const struct cli *cli, struct error *err)
{
    bool chosen = arguments_given(cli->args, "pid") || arguments_given(cli->args, "run");

    error_set(err, ERR_USAGE,
              chosen ? "no such process is being recorded now"
                     : "no process is being recorded now");
    return error_suggest(err,
                         "'breadcrumb status' shows what is; --db-path PATH chooses where to look");
}

static int set_all(const struct cli *cli, const struct scan *scan, const struct change *what,
                   struct answer *answer, struct error *err)
{
    struct part *rows = answer_rows(answer, "processes", PROCESSES, ARRAY_SIZE(PROCESSES));

    for (size_t i = 0; i < scan->nprocesses; i++) {
        const struct scan_process *p = &scan->processes[i];
        struct buf all = BUF_INIT(2 * CONTROL_TEXT_BYTES);
        uint32_t seq = 0;
        struct cell *cells;
        int ret;

        if (!is_meant(cli, p))
            continue;
        ret = change_write(what, p->dir, &all, &seq);
        cells = ret == 0 ? part_add(answer, rows) : NULL;
        if (cells != NULL) {
            bool taken = wait_until_taken(p->dir, seq);

            cells[0] = cell_int(strtoll(strrchr(p->dir, '/') + 1, NULL, 10));
            cells[1] = cell_text(answer, p->run);
            cells[2] = cell_bool(taken);
            cells[3] = cell_text(answer, buf_text(&all));
            if (!taken)
                cells[4] = cell_text(
                    answer, trail_dir_alive(p->dir) == 1 ? NOT_HEARD : "the process has ended");
        }
        buf_release(&all);
        if (ret < 0 && trail_dir_alive(p->dir) == 1) {
            errno = -ret;
            return error_set_errno(err, ERR_SYSTEM, "cannot write the control page in '%s'",
                                   p->dir);
        }
    }
    answer->total = (int64_t)rows->nrows;
    return rows->nrows > 0 ? 0 : nobody(cli, err);
}

/* ---- the command -------------------------------------------------------------------------- */

static int read_settings(const struct cli *cli, struct change *what, struct error *err)
{
    struct settings s = {0};
    int ret = settings_init(&s, err);

    for (size_t i = 0; ret == 0 && i < cli->args->ngiven; i++)
        if (strcmp(cli->args->given[i].spec->name, "setting") == 0)
            ret = set_one(&s, cli->args->given[i].text, what, err);
    if (ret == 0)
        ret = change_compile(what, &s, err);
    settings_release(&s);
    return ret;
}

static int cmd_set(const struct cli *cli, int argc, char **argv)
{
    struct change what = CHANGE_INIT;
    struct scan scan = {NULL, 0, NULL, 0};
    char *database = NULL, *trails = NULL;
    struct answer answer;
    struct error err;
    int ret = read_settings(cli, &what, &err);

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "set";
    if (ret == 0) {
        database = cli_database(cli, &err);
        trails = database != NULL ? places_trails(database) : NULL;
        ret = trails != NULL ? scan_trails(&scan, trails, database, NULL, &err) : ERR_FAILED;
    }
    if (ret == 0)
        ret = set_all(cli, &scan, &what, &answer, &err);
    scan_release(&scan);
    change_release(&what);
    free(trails);
    free(database);
    return config_end(cli, &answer, ret, &err);
}

void describe_set(struct command *ret_command)
{
    static const char *const examples[] = {
        "breadcrumb set enabled=false",
        "stop recording in all processes that are recorded here, while they run on",
        "breadcrumb set exclude='shop.log*' sample_rate=0.1 --pid 4711",
        "for one process: leave out some modules, record one call of ten",
        NULL,
    };

    *ret_command = (struct command){
        .name = "set",
        .summary = "change settings of programs that are being recorded now",
        .detail =
            "Lists replace what the program was started with. It takes effect at the next event that the recorder "
            "sees.\n",
        .args = ARGS,
        .nargs = ARRAY_SIZE(ARGS),
        .examples = examples,
        .run = cmd_set,
    };
}
