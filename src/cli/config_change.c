/* config_change.c - config create, edit and delete: changes to the files that hold settings. */
#include "base/base.h"

#include "base/io.h"
#include "base/limits.h"
#include "cli/config.h"
#include "settings/config_file.h"
#include "settings/edit.h"
#include "settings/places.h"
#include "settings/profiles.h"
#include "settings/settings.h"
#include "settings/table.h"

#include <unistd.h>

static const struct column CHANGED[] = {
    {"name", "Profile", COLUMN_TEXT, 0, "its name; null: config.yaml"},
    {"path", "File", COLUMN_TEXT, 0, "where it is"},
    {"done", "Done", COLUMN_TEXT, 0, "created, overwritten, changed, unchanged or deleted"},
};

static void fill(struct answer *answer, const char *name, const char *path, const char *done)
{
    struct part *part = answer_part(answer, PART_RECORD, "config", CHANGED, ARRAY_SIZE(CHANGED));
    struct cell *cells = part_add(answer, part);

    if (cells == NULL)
        return;
    cells[0] = cell_text(answer, name);
    cells[1] = cell_text(answer, path);
    cells[2] = cell_text(answer, done);
}

/* ---- options to changes ------------------------------------------------------------------- */

/* Is a list of these written in one word, with commas? */
static bool has_parts(const struct settings_row *row)
{
    return row->type == SETTING_GLOBS || row->type == SETTING_NAMES;
}

static int set_items(const struct edit *e, const struct settings_row *row, struct settings *from)
{
    const struct settings_list *list = settings_field(from, row);

    return edit_set(e, row, (const char *const *)list->items, list->count);
}

/* All values that the option gives to a list. */
static int set_list(const struct edit *e, const struct settings_row *row, const struct cli *cli,
                    const char *option)
{
    struct settings all = {0};
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < cli->args->ngiven; i++) {
        const struct given *g = &cli->args->given[i];

        if (strcmp(g->spec->name, option) == 0)
            ret = settings_set(&all, row->key, g->text, FROM_PROFILE, option, e->err);
    }
    if (ret == 0)
        ret = set_items(e, row, &all);
    settings_release(&all);
    return ret;
}

/* Of no list. Checked as a file's value would be. */
static int set_value(const struct edit *e, const char *key, const char *value, const char *where)
{
    const struct settings_row *row = settings_row(key);
    struct settings trial = {0};
    int ret = settings_set(&trial, key, value, FROM_PROFILE, where, e->err);

    if (ret == 0)
        ret = edit_set(e, row, &value, 1);
    settings_release(&trial);
    return ret;
}

static int add_value(const struct edit *e, const struct settings_row *row, const char *value,
                     const char *where)
{
    struct settings trial = {0};
    const struct settings_list *list = settings_field(&trial, row);
    int ret = settings_set(&trial, row->key, value, FROM_PROFILE, where, e->err);

    for (size_t i = 0; ret == 0 && i < list->count; i++)
        ret = edit_add(e, row, list->items[i]);
    settings_release(&trial);
    return ret;
}

/* The VALUE of the word of a --set that is about this setting; else NULL. */
static const char *value_for(const struct given *g, const struct settings_row *row)
{
    size_t len = strlen(row->key);

    return strcmp(g->spec->name, "set") == 0 && strncmp(g->text, row->key, len) == 0 &&
                   g->text[len] == '='
               ? g->text + len + 1
               : NULL;
}

/* A list is what all --set of it say; KEY= is the empty one. They are taken with the first of them. */
static int set_whole_list(const struct edit *e, const struct settings_row *row,
                          const struct cli *cli, size_t at)
{
    const struct arguments *args = cli->args;
    const char **values = calloc(args->ngiven, sizeof(*values));
    struct settings trial = {0};
    int ret = values != NULL ? 0 : error_set(e->err, ERR_FAILED, "out of memory");
    size_t n = 0;

    for (size_t i = 0; ret == 0 && i < args->ngiven; i++) {
        const char *value = value_for(&args->given[i], row);

        if (value != NULL && i < at)
            goto out;
        if (value == NULL || value[0] == '\0')
            continue;
        ret = settings_set(&trial, row->key, value, FROM_PROFILE, "option --set", e->err);
        values[n++] = value;
    }
    if (ret == 0)
        ret = has_parts(row) ? set_items(e, row, &trial) : edit_set(e, row, values, n);
out:
    settings_release(&trial);
    free(values);
    return ret;
}

/* --set KEY=VALUE */
static int set_any(const struct edit *e, const struct cli *cli, size_t at)
{
    const char *word = cli->args->given[at].text, *equals = strchr(word, '=');
    const struct settings_row *row;
    char key[64];

    if (equals == NULL || equals == word || (size_t)(equals - word) >= sizeof(key)) {
        error_set(e->err, ERR_USAGE, "option --set: '%.100s' is not KEY=VALUE", word);
        return error_suggest(e->err, "write --set max_chars=500");
    }
    snprintf(key, sizeof(key), "%.*s", (int)(equals - word), word);
    row = settings_row(key);
    if (row != NULL && settings_is_list(row))
        return set_whole_list(e, row, cli, at);
    return set_value(e, key, equals + 1, "option --set");
}

static int unset(const struct edit *e, const char *key)
{
    const struct settings_row *row = settings_row(key);

    if (row == NULL)
        return settings_set(&(struct settings){0}, key, "", FROM_PROFILE, "option --unset", e->err);
    return edit_unset(e, row);
}

static int change_list(const struct edit *e, const char *option, const char *value)
{
    bool adds = strncmp(option, "add-", 4) == 0;
    const struct settings_row *row = settings_row(strchr(option, '-') + 1);

    return adds ? add_value(e, row, value, option) : edit_remove(e, row, value);
}

static int apply_one(const struct edit *e, const struct cli *cli, size_t at)
{
    static const char *const switches[][3] = {{"workspace-only", "workspace_only", "true"},
                                              {"all-code", "workspace_only", "false"},
                                              {"enabled", "enabled", "true"},
                                              {"disabled", "enabled", "false"}};
    const struct given *g = &cli->args->given[at];
    const char *option = g->spec->name;

    for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
        if (strcmp(option, switches[i][0]) == 0)
            return set_value(e, switches[i][1], switches[i][2], option);
    if (strcmp(option, "include") == 0 || strcmp(option, "exclude") == 0) {
        for (size_t i = 0; i < at; i++)
            if (cli->args->given[i].spec == g->spec)
                return 0; /* all of them were taken with the first */
        return set_list(e, settings_row(option), cli, option);
    }
    if (strncmp(option, "add-", 4) == 0 || strncmp(option, "remove-", 7) == 0)
        return change_list(e, option, g->text);
    if (strcmp(option, "sample-rate") == 0)
        return set_value(e, "sample_rate", g->text, "option --sample-rate");
    if (strcmp(option, "set") == 0)
        return set_any(e, cli, at);
    return strcmp(option, "unset") == 0 ? unset(e, g->text) : 0;
}

static int apply(const struct edit *e, const struct cli *cli)
{
    struct settings trial = {0};
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < cli->args->ngiven; i++)
        ret = apply_one(e, cli, i);
    if (ret == 0 && cli->db_path != NULL)
        ret = set_value(e, "db_path", cli->db_path, "option --db-path");
    if (ret == 0)
        ret = settings_from_text(&trial, buf_text(e->text), e->text->len, e->where, FROM_PROFILE,
                                 e->err);
    settings_release(&trial);
    return ret;
}

/* ---- the commands ------------------------------------------------------------------------- */

static int make_folder_of(const char *path, struct error *err)
{
    char *folder = strdup(path);
    int ret;

    if (folder == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    *strrchr(folder, '/') = '\0';
    ret = io_make_dirs(folder, 0700, err);
    free(folder);
    return ret;
}

static int create(const struct cli *cli, const char *name, const char *path, struct error *err)
{
    struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);
    struct edit edit = {&text, path, err};
    int ret;

    if (config_file_exists(path) && !arguments_flag(cli->args, "force")) {
        error_set(err, ERR_INVALID_SETTING, "the profile '%s' is there already: '%s'", name, path);
        return error_suggest(
            err, "'breadcrumb config edit %s' changes it, and --force overwrites it", name);
    }
    buf_putf(&text, "# Profile %s of breadcrumb: 'breadcrumb run -c %s ...' uses it.\n", name,
             name);
    buf_puts(&text, "# What is not set here comes from config.yaml; 'breadcrumb config keys' lists "
                    "what there is.\n");
    ret = apply(&edit, cli);
    if (ret == 0)
        ret = make_folder_of(path, err);
    if (ret == 0)
        ret = config_file_write(path, &text, err);
    buf_release(&text);
    return ret;
}

int cmd_config_create(const struct cli *cli, int argc, char **argv)
{
    const char *name = NULL;
    struct answer answer;
    struct error err;
    char *path = NULL;
    bool there = false;
    int ret = config_profile(cli, &name, &err), lock = -1;

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "config create";
    config_file_first_use();
    if (ret == 0)
        ret = profile_path(name, &path, &err);
    if (ret == 0)
        ret = lock = config_file_lock(&err);
    if (lock >= 0) {
        there = config_file_exists(path);
        ret = create(cli, name, path, &err);
        close(lock);
    }
    if (ret == 0)
        fill(&answer, name, path, there ? "overwritten" : "created");
    free(path);
    return config_end(cli, &answer, ret, &err);
}

/* *ret_changed: whether the file is another one now. */
static int edit_file(const struct cli *cli, const char *path, bool *ret_changed, struct error *err)
{
    struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES), before = BUF_INIT(LIMIT_CONFIG_BYTES);
    struct edit edit = {&text, path, err};
    int ret = config_file_read(path, &text, err);

    if (ret == 0) {
        buf_put(&before, buf_text(&text), text.len);
        ret = apply(&edit, cli);
    }
    *ret_changed =
        before.len != text.len || memcmp(buf_text(&before), buf_text(&text), text.len) != 0;
    if (ret == 0 && *ret_changed)
        ret = config_file_write(path, &text, err);
    buf_release(&before);
    buf_release(&text);
    return ret;
}

static int find_file(const char *name, char **ret_path, struct error *err)
{
    if (name != NULL)
        return profile_find(name, ret_path, err);
    config_file_first_use();
    *ret_path = config_file_path();
    if (*ret_path != NULL)
        return 0;
    return places_no_home("config.yaml", err);
}

int cmd_config_edit(const struct cli *cli, int argc, char **argv)
{
    const char *name = NULL;
    struct answer answer;
    struct error err;
    char *path = NULL;
    bool changed = false;
    int ret = config_profile(cli, &name, &err), lock = -1;

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "config edit";
    if (ret == 0)
        ret = find_file(name, &path, &err);
    if (ret == 0 && cli->args->ngiven == arguments_given(cli->args, "name") &&
        cli->db_path == NULL) {
        error_set(&err, ERR_USAGE, "nothing to change was given");
        ret = error_suggest(&err, "like --add-exclude 'pkg.logging*', or edit '%s' by hand", path);
    }
    if (ret == 0)
        ret = lock = config_file_lock(&err);
    if (lock >= 0) {
        ret = edit_file(cli, path, &changed, &err);
        close(lock);
    }
    if (ret == 0)
        fill(&answer, name, path, changed ? "changed" : "unchanged");
    free(path);
    return config_end(cli, &answer, ret, &err);
}

int cmd_config_delete(const struct cli *cli, int argc, char **argv)
{
    const char *name = NULL;
    struct answer answer;
    struct error err;
    char *path = NULL;
    int ret = config_profile(cli, &name, &err), lock = -1;

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "config delete";
    if (ret == 0)
        ret = profile_find(name, &path, &err);
    if (ret == 0)
        ret = lock = config_file_lock(&err);
    if (lock >= 0) {
        ret = unlink(path) < 0 ? error_set_errno(&err, ERR_SYSTEM, "cannot remove '%s'", path) : 0;
        close(lock);
    }
    if (ret == 0)
        fill(&answer, name, path, "deleted");
    free(path);
    return config_end(cli, &answer, ret, &err);
}
