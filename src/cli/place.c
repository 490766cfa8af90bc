/* place.c - the commands `init` and `clear`: a database's place, made and emptied. */
#include "base/base.h"

#include "base/io.h"
#include "cli/config.h"
#include "cli/keep.h"
#include "settings/places.h"
#include "store/keep.h"
#include "store/store.h"

#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_MS 10000
#define FOLDER ".breadcrumb"

/* ---- init ----------------------------------------------------------------------------------- */

static const struct argument INIT_ARGS[] = {
    {.name = "folder",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_POSITIONAL,
     .metavar = "FOLDER",
     .example = ".",
     .help = "the project's folder; by default this one"},
};
static const char *const INIT_EXAMPLES[] = {
    "breadcrumb init",
    "keep the traces of this project in .breadcrumb/ here",
    NULL,
};
static const struct column INIT[] = {
    {"folder", "Folder", COLUMN_TEXT, 0, "where the project's database and trails are kept"},
    {"db_path", "Database", COLUMN_TEXT, 0, "its file, made when something is recorded"},
    {"created", "Made now", COLUMN_BOOL, 0, "false: it was there already"},
};

static int make_place(const char *project, char **ret_folder, bool *ret_created, struct error *err)
{
    static const char IGNORE[] =
        "# made by `breadcrumb init`: recordings are nobody else's business\n*\n";
    char *base = places_absolute(project), *folder = base != NULL ? io_join(base, FOLDER) : NULL;
    char *ignore = folder != NULL ? io_join(folder, ".gitignore") : NULL;
    int ret = ERR_FAILED;

    if (ignore == NULL) {
        error_set(err, ERR_FAILED, "cannot find the folder '%s'", project);
    } else if (!io_is_dir(base)) {
        ret = error_set(err, ERR_SYSTEM, "there is no folder '%s'", base);
        error_suggest(err, "make it first, or name another");
    } else {
        *ret_created = !io_is_dir(folder);
        ret = io_make_dirs(folder, 0700, err);
        if (ret == 0 && !io_exists(ignore))
            ret = io_write_atomic(ignore, IGNORE, strlen(IGNORE), 0600, err);
        *ret_folder = folder;
        folder = NULL;
    }
    free(base);
    free(folder);
    free(ignore);
    return ret;
}

static int cmd_init(const struct cli *cli, int argc, char **argv)
{
    const char *project = arguments_text(cli->args, "folder");
    struct answer answer;
    struct error err;
    char *folder = NULL, *database = NULL;
    bool created = false;
    struct cell *c;
    int ret = make_place(project != NULL ? project : ".", &folder, &created, &err);

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "init";
    answer.schema_version = store_schema_newest();
    if (ret == 0)
        database = io_join(folder, "traces.duckdb");
    c = ret == 0
            ? part_add(&answer, answer_part(&answer, PART_RECORD, "init", INIT, ARRAY_SIZE(INIT)))
            : NULL;
    if (c != NULL) {
        c[0] = cell_text(&answer, folder);
        c[1] = cell_text(&answer, database);
        c[2] = cell_bool(created);
        answer_suggest(&answer, "record something", "run", "timeout", "60", "", "python app.py",
                       NULL);
    }
    free(folder);
    free(database);
    return config_end(cli, &answer, ret, &err);
}

void describe_init(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "init",
        .summary = "make .breadcrumb/ in a project, for its own database",
        .detail =
            "Commands in the project's folder and up to 5 below it find that database. The folder ignores itself for git.\n",
        .args = INIT_ARGS,
        .nargs = ARRAY_SIZE(INIT_ARGS),
        .examples = INIT_EXAMPLES,
        .run = cmd_init,
    };
}

/* ---- clear ---------------------------------------------------------------------------------- */

static const struct argument CLEAR_ARGS[] = {
    {.name = "force", .letter = 'f', .type = ARGUMENT_FLAG, .help = "do not ask"},
};
static const char *const CLEAR_EXAMPLES[] = {
    "breadcrumb clear",
    "delete the database, after asking",
    "breadcrumb clear --force --db-path old.duckdb",
    "another one, without asking",
    NULL,
};
static const struct column CLEAR[] = {
    {"db_path", "Deleted", COLUMN_TEXT, 0, "the database's file"},
    {"bytes", "Size", COLUMN_BYTES, 0, "that it had"},
};

/* True for y and yes. No answer is no. */
static bool confirm(const char *path, int64_t bytes)
{
    char line[32] = "";

    fprintf(stderr, "Delete the database '%s' (%.1f MB)? This cannot be undone. [y/N] ", path,
            (double)bytes / 1e6);
    fflush(stderr);
    if (fgets(line, sizeof(line), stdin) == NULL)
        fputc('\n', stderr);
    line[strcspn(line, "\r\n")] = '\0';
    return strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0;
}

static int clear_database(const struct cli *cli, const char *path, int64_t *ret_bytes,
                          struct error *err)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        error_set(err, ERR_DATABASE_NOT_FOUND, "there is no database '%s'", path);
        return error_suggest(err, "nothing has to be deleted; another one is named with --db-path");
    }
    *ret_bytes = (int64_t)st.st_size;
    if (!arguments_flag(cli->args, "force") && !confirm(path, *ret_bytes)) {
        error_set(err, ERR_FAILED, "nothing was deleted");
        return error_suggest(err, "answer with y, or give --force");
    }
    return keep_clear(path, PATIENCE_MS, err);
}

static int cmd_clear(const struct cli *cli, int argc, char **argv)
{
    struct answer answer;
    struct error err;
    char *path = cli_database(cli, &err);
    int64_t bytes = 0;
    struct cell *c = NULL;
    int ret = path != NULL ? clear_database(cli, path, &bytes, &err) : err.code;

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "clear";
    answer.schema_version = store_schema_newest();
    if (ret == 0)
        c = part_add(&answer, answer_part(&answer, PART_RECORD, "clear", CLEAR, ARRAY_SIZE(CLEAR)));
    if (c != NULL) {
        c[0] = cell_text(&answer, path);
        c[1] = cell_int(bytes);
    }
    free(path);
    return config_end(cli, &answer, ret, &err);
}

void describe_clear(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "clear",
        .summary = "delete the database (cannot be undone)",
        .detail =
            "The file goes, with all traces in it. What is being recorded, or was recorded and not stored yet, stays: the\n"
            "next question stores it in a new database.\n",
        .args = CLEAR_ARGS,
        .nargs = ARRAY_SIZE(CLEAR_ARGS),
        .examples = CLEAR_EXAMPLES,
        .run = cmd_clear,
    };
}
