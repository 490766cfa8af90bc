/* doctor.c - see doctor.h. */
#include "base/base.h"

#include "base/buf.h"
#include "base/io.h"
#include "cli/config.h"
#include "cli/doctor.h"
#include "settings/places.h"
#include "settings/settings.h"
#include "settings/table.h"
#include "store/store.h"

#include <sys/statvfs.h>
#include <unistd.h>

#define MOST_PYTHONS 32

static const struct argument ARGS[] = {
    {.name = "python",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REPEATS,
     .metavar = "PYTHON",
     .example = "python3",
     .help = "try these Pythons, names or paths; by default those on PATH"},
    {.name = "python-path",
     .type = ARGUMENT_FLAG,
     .help = "only print the folder that makes 'import breadcrumb' work in any supported Python"},
};

static const char *const EXAMPLES[] = {
    "breadcrumb doctor --format table",
    "which Pythons can be recorded here, and what is wrong",
    "breadcrumb doctor .venv/bin/python",
    "one Python",
    "breadcrumb doctor --python-path",
    "what PYTHONPATH has to have for a program that imports breadcrumb",
    NULL,
};

static const struct column CHECKS[] = {
    {"check", "Check", COLUMN_TEXT, 0, "what was looked at"},
    {"ok", "OK", COLUMN_BOOL, 0, "whether it is as it has to be"},
    {"found", "Found", COLUMN_TEXT, COLUMN_WIDE, "what is there, or what is wrong"},
    {"advice", "What to do", COLUMN_TEXT, COLUMN_WIDE, "null: nothing"},
};

static const struct column PYTHONS[] = {
    {"python", "Python", COLUMN_TEXT, 0, "that was tried, by recording a small program"},
    {"version", "Version", COLUMN_TEXT, 0, "of it; null: it does not run"},
    {"recorded", "Recorded", COLUMN_BOOL, 0, "whether its calls were recorded"},
    {"backend", "Backend", COLUMN_TEXT, 0, "how: pep669 (sys.monitoring) or settrace (PEP 523)"},
    {"tools", "Tools", COLUMN_TEXT, 0,
     "others that hold a monitoring tool id in it from its start; null: none"},
    {"why", "Why not", COLUMN_TEXT, COLUMN_WIDE, "why it cannot be recorded; null: it can"},
};

static const struct column REACH[] = {
    {"what", "Cannot be reached", COLUMN_TEXT, 0, "what is not recorded on any machine"},
    {"why", "Why", COLUMN_TEXT, COLUMN_WIDE, "what keeps the recorder out"},
};

static const char *const UNREACHABLE[][2] = {
    {"python -I, python -E", "they ignore PYTHONPATH, by which the recorder is found"},
    {"python -S", "it does not import site, which starts the recorder"},
    {"a program that clears its children's environment",
     "they do not get PYTHONPATH and BREADCRUMB_RUN; what it was given stays as it is, and that "
     "they were not recorded is told and counted (losses: unreachable)"},
    {"a sitecustomize that stands before ours in PYTHONPATH and does not run the next",
     "Python runs one; without a user site (python -s, a virtual environment) there is no second "
     "chance. 'run' tells which it was"},
    {"a frozen program, as by PyInstaller",
     "the Python in it reads no PYTHONPATH; those that it starts are recorded"},
    {"subinterpreters", "their objects are apart; the trace of the process counts them as losses"},
    {"C functions and Cython", "they have no Python frames; what they call back is recorded"},
    {"Pythons other than CPython 3.10 to 3.15", "the recorder is built for those"},
    {"a free-threaded CPython 3.13",
     "its monitoring changes code that other threads run; 3.14t is recorded"},
};

/* ---- checks ------------------------------------------------------------------------------- */

struct doctor {
    struct answer *answer;
    struct part *checks;
    bool failed;
};

/* `advice` NULL: it is in order. */
static void tell(struct doctor *d, const char *check, const char *found, const char *advice)
{
    struct cell *cells = part_add(d->answer, d->checks);

    d->failed = d->failed || advice != NULL;
    if (cells == NULL)
        return;
    cells[0] = cell_text(d->answer, check);
    cells[1] = cell_bool(advice == NULL);
    cells[2] = cell_text(d->answer, found);
    if (advice != NULL)
        cells[3] = cell_text(d->answer, advice);
}

static void tell_error(struct doctor *d, const char *check, const struct error *err)
{
    tell(d, check, err->message, err->suggestion[0] != '\0' ? err->suggestion : "see the message");
}

/* The folder that holds the package. Owned; NULL and err: it is not there. */
static char *python_path(struct error *err)
{
    char *looked_at, *folder = io_package_dir(&looked_at);
    char *init = folder != NULL ? io_join(folder, "__init__.py") : NULL;

    if (init == NULL || !io_exists(init)) {
        error_set(err, ERR_SYSTEM, "the Python package is not in '%s'",
                  looked_at != NULL ? looked_at : "breadcrumb");
        error_suggest(err, "install breadcrumb again, or run 'make build'");
        free(folder);
        folder = NULL;
    } else {
        *strrchr(folder, '/') = '\0';
    }
    free(init);
    free(looked_at);
    return folder;
}

/* A setting with which nothing is recorded. */
static void tell_off(struct doctor *d, const struct settings *s, const struct settings_row *row)
{
    char found[LIMIT_PATH_BYTES + 100], whence[LIMIT_PATH_BYTES + 32];

    settings_whence(s, row, whence, sizeof(whence));
    snprintf(found, sizeof(found), "nothing is recorded: %s is %s by %s", row->key,
             s->enabled ? "0" : "false", whence);
    tell(d, "settings", found, "change it, or say otherwise in the options of 'breadcrumb run'");
}

static void check_settings(struct doctor *d, const char *profile, char **ret_database)
{
    struct settings s = {0};
    struct error err = {0};
    int ret = settings_load(&s, profile, &err);

    if (ret == 0)
        ret = places_database(s.db_path, ret_database, &err);
    if (ret < 0)
        tell_error(d, "settings", &err);
    else if (!s.enabled || s.sample_rate == 0)
        tell_off(d, &s, settings_row(s.enabled ? "sample_rate" : "enabled"));
    else
        tell(d, "settings", s.config_file != NULL ? s.config_file : "the defaults", NULL);
    settings_release(&s);
}

static void check_database(struct doctor *d, const char *path)
{
    struct store *store = NULL;
    struct error err = {0};
    char found[LIMIT_PATH_BYTES + 100];
    int ret = store_open(&store, path, STORE_READ, 1000, &err);

    if (ret == 0)
        snprintf(found, sizeof(found), "%s, schema %s", path, store_schema_newest());
    else if (ret == ERR_DATABASE_NOT_FOUND)
        snprintf(found, sizeof(found), "%s, made with the first recording", path);
    if (ret == 0 || ret == ERR_DATABASE_NOT_FOUND)
        tell(d, "database", found, NULL);
    else
        tell_error(d, "database", &err);
    store_close(store);
}

/* The folder that a run would write into, or the nearest one above that is there. */
static void check_trails(struct doctor *d, const char *database)
{
    char *folder = places_trails(database), *slash;
    char found[LIMIT_PATH_BYTES + 100];
    struct statvfs room;

    while (folder != NULL && !io_is_dir(folder) && (slash = strrchr(folder, '/')) != NULL &&
           slash != folder)
        *slash = '\0';
    if (folder == NULL)
        return;
    if (access(folder, W_OK | X_OK) < 0) {
        snprintf(found, sizeof(found), "%s: %s", folder, strerror(errno));
        tell(d, "trails", found,
             "let this user write there, or choose another place with --db-path");
    } else if (statvfs(folder, &room) == 0) {
        unsigned long long mb = (unsigned long long)room.f_bavail * room.f_frsize >> 20;

        snprintf(found, sizeof(found), "%s: %llu MB are free", folder, mb);
        tell(d, "trails", found,
             mb >= 64 ? NULL : "make room: what does not fit is counted and not kept");
    }
    free(folder);
}

/* ---- Pythons ------------------------------------------------------------------------------ */

struct pythons {
    char *paths[MOST_PYTHONS]; /* Owned */
    char *real[MOST_PYTHONS];  /* Owned: what they lead to */
    size_t count;
};

/* A link to a Python that is there already is the same one, unless it is a virtual environment's. */
static void add_python(struct pythons *all, const char *folder, const char *name)
{
    char *path = io_join(folder, name), *real = path != NULL ? realpath(path, NULL) : NULL;
    bool new = real != NULL &&access(path, X_OK) == 0 && all->count < MOST_PYTHONS;

    for (size_t i = 0; new &&i < all->count; i++)
        new = strcmp(all->real[i], real) != 0;
    if (new) {
        all->paths[all->count] = path;
        all->real[all->count++] = real;
    } else {
        free(path);
        free(real);
    }
}

static void find_pythons(struct pythons *all)
{
    static const char *const names[] = {"python",     "python3",    "python3.10", "python3.11",
                                        "python3.12", "python3.13", "python3.14", "python3.15"};
    const char *path = getenv("PATH");
    char *copy = strdup(path != NULL ? path : "/usr/bin:/bin"), *rest = copy, *folder;

    while (rest != NULL && (folder = strsep(&rest, ":")) != NULL)
        for (size_t i = 0; folder[0] == '/' && i < ARRAY_SIZE(names); i++)
            add_python(all, folder, names[i]);
    free(copy);
}

static int try_python(struct doctor *d, struct part *rows, const char *path, struct error *err)
{
    struct doctor_python python;
    int ret = doctor_try(path, &python, err);
    struct cell *cells = ret == 0 ? part_add(d->answer, rows) : NULL;

    if (cells == NULL)
        return ret;
    cells[0] = cell_text(d->answer, path);
    if (python.version[0] != '\0')
        cells[1] = cell_text(d->answer, python.version);
    cells[2] = cell_bool(python.recorded);
    if (python.recorded)
        cells[3] = cell_text(d->answer, python.backend);
    if (python.tools[0] != '\0')
        cells[4] = cell_text(d->answer, python.tools);
    if (!python.recorded)
        cells[5] = cell_text(d->answer, python.why);
    return 0;
}

static int try_pythons(const struct cli *cli, struct doctor *d, struct error *err)
{
    struct part *rows = answer_part(d->answer, PART_ROWS, "pythons", PYTHONS, ARRAY_SIZE(PYTHONS));
    struct pythons all = {0};
    size_t given = 0;
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < cli->args->ngiven; i++)
        if (strcmp(cli->args->given[i].spec->name, "python") == 0) {
            char *absolute = strchr(cli->args->given[i].text, '/') != NULL
                                 ? places_absolute(cli->args->given[i].text)
                                 : strdup(cli->args->given[i].text);

            given++;
            ret = absolute != NULL ? try_python(d, rows, absolute, err)
                                   : error_set(err, ERR_FAILED, "out of memory");
            free(absolute);
        }
    if (given == 0)
        find_pythons(&all);
    for (size_t i = 0; i < all.count; i++) {
        if (ret == 0)
            ret = try_python(d, rows, all.paths[i], err);
        free(all.paths[i]);
        free(all.real[i]);
    }
    if (ret == 0 && given == 0 && all.count == 0)
        tell(d, "pythons", "there is no Python on PATH", "name one: breadcrumb doctor PATH");
    return ret;
}

/* ---- the command -------------------------------------------------------------------------- */

static void tell_unreachable(struct answer *answer)
{
    struct part *rows = answer_part(answer, PART_ROWS, "unreachable", REACH, ARRAY_SIZE(REACH));

    for (size_t i = 0; i < ARRAY_SIZE(UNREACHABLE); i++) {
        struct cell *cells = part_add(answer, rows);

        if (cells == NULL)
            return;
        cells[0] = cell_text(answer, UNREACHABLE[i][0]);
        cells[1] = cell_text(answer, UNREACHABLE[i][1]);
    }
}

static void check_machine(const struct cli *cli, struct doctor *d)
{
    struct error err = {0};
    char *lib = python_path(&err), *database = NULL, *given = NULL;

    if (lib != NULL)
        tell(d, "Python package", lib, NULL);
    else
        tell_error(d, "Python package", &err);
    check_settings(d, cli->config, &database);
    if (cli->db_path != NULL)
        given = cli_database(cli, &err);
    if (given != NULL || database != NULL) {
        check_database(d, given != NULL ? given : database);
        check_trails(d, given != NULL ? given : database);
    }
    free(given);
    free(database);
    free(lib);
}

static int print_python_path(const struct cli *cli)
{
    struct error err = {0};
    char *lib = python_path(&err);

    if (lib == NULL)
        return cli_fail(cli, &err);
    puts(lib);
    free(lib);
    return EXIT_CODE_OK;
}

static int cmd_doctor(const struct cli *cli, int argc, char **argv)
{
    struct answer answer;
    struct doctor d = {.answer = &answer};
    struct error err;
    int ret, status;

    (void)argc;
    (void)argv;
    if (arguments_flag(cli->args, "python-path"))
        return print_python_path(cli);
    answer_init(&answer);
    answer.question = "doctor";
    d.checks = answer_rows(&answer, "checks", CHECKS, ARRAY_SIZE(CHECKS));
    check_machine(cli, &d);
    ret = try_pythons(cli, &d, &err);
    tell_unreachable(&answer);
    status = config_end(cli, &answer, ret, &err);
    return status == EXIT_CODE_OK && d.failed ? EXIT_CODE_ERROR : status;
}

void describe_doctor(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "doctor",
        .summary = "say which Pythons can be recorded here, and what is in the way",
        .detail = "Each Python runs a small program that is recorded, in a folder of its own. The "
                  "exit status is 1 when a check\nof this machine fails; a Python that cannot be "
                  "recorded is no failure.\n",
        .args = ARGS,
        .nargs = ARRAY_SIZE(ARGS),
        .examples = EXAMPLES,
        .run = cmd_doctor,
    };
}
