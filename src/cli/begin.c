/*
 * begin.c - see begin.h. The guest reads no YAML and looks for no database: it asks us, and gets two texts on stdout, each with
 * a NUL behind it: the run's folder, and the PYTHONPATH with which the processes that it starts are recorded too.
 *
 * A keyword of init() that does not fit is the program's own mistake: an error, for it to raise. What is wrong outside of it (the
 * environment, a file, the disk) must not stop a program that would run without us: one line says it, and stdout stays
 * empty.
 */
#include "base/base.h"

#include "cli/begin.h"
#include "cli/output.h"
#include "cli/run.h"
#include "cli/run_place.h"
#include "render/format.h"
#include "settings/config_file.h"
#include "settings/profiles.h"
#include "settings/settings.h"
#include "settings/table.h"

const struct argument begin_args[] = {
    {.name = "set",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_REPEATS,
     .metavar = "KEY=VALUE",
     .help = "a setting, as a keyword of init() gives it"},
};
const size_t begin_nargs = ARRAY_SIZE(begin_args);

static int set_keywords(const struct cli *cli, struct settings *s, struct error *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < cli->args->ngiven; i++) {
        const char *word = cli->args->given[i].text, *equals = strchr(word, '=');
        const struct settings_row *row;
        char key[64];

        if (equals == NULL || (size_t)(equals - word) >= sizeof(key))
            return error_set(err, ERR_USAGE, "option --set: '%.100s' is not KEY=VALUE", word);
        snprintf(key, sizeof(key), "%.*s", (int)(equals - word), word);
        row = settings_row(key);
        if (row != NULL && settings_is_list(row) && equals[1] == '\0')
            settings_set_none(s, row, FROM_ARGUMENT);
        else
            ret = settings_set(s, key, equals + 1, FROM_ARGUMENT, "keyword of init()", err);
    }
    return ret;
}

/* The keywords alone: whether they can be meant at all. */
static int check_keywords(const struct cli *cli, struct error *err)
{
    struct settings trial = {0};
    char *path = NULL;
    int ret = set_keywords(cli, &trial, err);

    if (ret == 0 && cli->config != NULL)
        ret = profile_find(cli->config, &path, err);
    free(path);
    settings_release(&trial);
    return ret;
}

static int begin(const struct cli *cli, struct settings *s, char **argv, struct error *err)
{
    struct run_place place;
    int ret = set_keywords(cli, s, err);

    if (ret == 0)
        ret = settings_default_workspace(s, err);
    if (ret < 0 || !s->enabled)
        return ret;
    ret = run_place_make(&place, s, argv, 0, err);
    if (ret < 0)
        return ret;
    if (!s->silent)
        run_announce(s, &place);
    fwrite(place.folder, 1, strlen(place.folder) + 1, stdout);
    fwrite(place.python_path, 1, strlen(place.python_path) + 1, stdout);
    run_place_release(&place);
    return 0;
}

int cmd_begin(const struct cli *cli, int argc, char **argv)
{
    struct target to = output_target(stderr), answer = output_target(stdout);
    struct settings settings;
    struct error err;
    int ret;

    (void)argc;
    if (check_keywords(cli, &err) < 0) {
        format_error(&format_json, &err, &answer);
        return EXIT_CODE_ERROR;
    }
    config_file_first_use();
    ret = settings_load(&settings, cli->config, &err);
    if (ret == 0) {
        ret = begin(cli, &settings, argv, &err);
        settings_release(&settings);
    }
    if (ret < 0) {
        struct error said = err;

        snprintf(said.message, sizeof(said.message), "this program is not recorded: %.900s",
                 err.message);
        format_error(&format_table, &said, &to);
    }
    return EXIT_CODE_OK;
}
