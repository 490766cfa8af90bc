/* config_show.c - config show, keys, list and validate: what is set, what can be set, and what comes of it. */
#include "base/base.h"

#include "cli/config.h"
#include "render/escape.h"
#include "settings/config_file.h"
#include "settings/places.h"
#include "settings/profiles.h"
#include "settings/settings.h"
#include "settings/table.h"

#define SHORT_TEXT (LIMIT_PATH_BYTES + 64)

/* ---- values as cells ---------------------------------------------------------------------- */

static void put_list(struct buf *out, const struct settings_list *list)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        escape_json(out, list->items[i], strlen(list->items[i]));
    }
    buf_putc(out, ']');
}

/* The value of a row as JSON; "null" when it has none. */
static void put_value(struct buf *out, const struct settings *s, const struct settings_row *row)
{
    const void *field = (const char *)s + row->offset;
    const char *text;
    char number[ESCAPE_DOUBLE_BYTES];

    if (settings_is_list(row)) {
        put_list(out, field);
        return;
    }
    switch (row->type) {
    case SETTING_BOOL:
        buf_puts(out, *(const bool *)field ? "true" : "false");
        break;
    case SETTING_INT:
        buf_putf(out, "%lld", (long long)*(const int64_t *)field);
        break;
    case SETTING_REAL:
        escape_double(number, *(const double *)field);
        buf_puts(out, number);
        break;
    case SETTING_CHOICE:
        text = row->choices[*(const int *)field];
        escape_json(out, text, strlen(text));
        break;
    case SETTING_PATH:
        text = *(char *const *)field;
        if (text != NULL)
            escape_json(out, text, strlen(text));
        else
            buf_puts(out, "null");
        break;
    default:
        break;
    }
}

static struct cell value_cell(struct answer *answer, const struct settings *s,
                              const struct settings_row *row)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);
    struct cell cell;

    put_value(&text, s, row);
    cell = cell_bytes(answer, CELL_JSON, buf_text(&text), text.len);
    buf_release(&text);
    return cell;
}

/* ---- show --------------------------------------------------------------------------------- */

static const struct column CONFIG[] = {
    {"profile", "Profile", COLUMN_TEXT, 0, "its name; null without one"},
    {"profile_path", "Profile file", COLUMN_TEXT, 0, "its file"},
    {"config_path", "Config file", COLUMN_TEXT, 0,
     "the file for all runs; null if it is not there"},
    {"db_path", "Database", COLUMN_TEXT, 0, "what comes of db_path here"},
};

static const struct column SETTINGS[] = {
    {"key", "Setting", COLUMN_TEXT, 0, "its name"},
    {"value", "Value", COLUMN_JSON, COLUMN_WIDE, "that applies here"},
    {"source", "From", COLUMN_TEXT, 0, "a file and line, a variable of the environment, an option"},
};

static void fill_show(struct answer *answer, const struct settings *s, const char *profile,
                      const char *database)
{
    struct part *config = answer_part(answer, PART_RECORD, "config", CONFIG, ARRAY_SIZE(CONFIG));
    struct part *rows = answer_rows(answer, "settings", SETTINGS, ARRAY_SIZE(SETTINGS));
    struct cell *cells = part_add(answer, config);
    char whence[SHORT_TEXT];

    if (cells == NULL)
        return;
    cells[0] = cell_text(answer, profile);
    cells[1] = cell_text(answer, s->profile_file);
    cells[2] = cell_text(answer, s->config_file);
    cells[3] = cell_text(answer, database);
    for (size_t i = 0; i < settings_count; i++) {
        cells = part_add(answer, rows);
        if (cells == NULL)
            return;
        settings_whence(s, &settings_table[i], whence, sizeof(whence));
        cells[0] = cell_text(answer, settings_table[i].key);
        cells[1] = value_cell(answer, s, &settings_table[i]);
        cells[2] = cell_text(answer, whence);
    }
    answer->total = (int64_t)settings_count;
}

int cmd_config_show(const struct cli *cli, int argc, char **argv)
{
    const char *profile = NULL;
    struct settings settings;
    struct answer answer;
    struct error err;
    char *database = NULL;
    int ret = config_profile(cli, &profile, &err);

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "config show";
    config_file_first_use();
    if (ret == 0)
        ret = settings_load(&settings, profile, &err);
    if (ret < 0)
        return config_end(cli, &answer, ret, &err);
    if (cli->db_path != NULL)
        ret = settings_set(&settings, "db_path", cli->db_path, FROM_ARGUMENT, "option --db-path",
                           &err);
    if (ret == 0)
        ret = places_database(settings.db_path, &database, &err);
    if (ret == 0)
        fill_show(&answer, &settings, profile, database);
    free(database);
    settings_release(&settings);
    return config_end(cli, &answer, ret, &err);
}

/* ---- keys --------------------------------------------------------------------------------- */

static const struct column KEYS[] = {
    {"key", "Setting", COLUMN_TEXT, 0, "its name, in files and for init()"},
    {"type", "Type", COLUMN_TEXT, 0,
     "bool, int, float, choice, path, globs (a list), folders (a list)"},
    {"default", "Default", COLUMN_JSON, 0, "its value when nobody sets it"},
    {"range", "Range", COLUMN_TEXT, 0, "what a value has to be; null: anything of its type"},
    {"environment", "Environment", COLUMN_TEXT, 0, "the variable; null: none"},
    {"option", "Option", COLUMN_TEXT, 0, "of run; null: none"},
    {"option_off", "Off", COLUMN_TEXT, COLUMN_NOT_IN_TABLE,
     "the option of run that turns it off; null: none"},
    {"meaning", "Meaning", COLUMN_TEXT, COLUMN_WIDE, "what it is for"},
};

static const char *type_name(const struct settings_row *row)
{
    static const char *const names[] = {"bool",  "int",     "float", "choice",  "path",
                                        "globs", "folders", "names", "patterns"};

    return (size_t)row->type < ARRAY_SIZE(names) ? names[row->type] : "list";
}

static const char *range_of(struct answer *answer, const struct settings_row *row)
{
    const char *all = "";

    if (row->type == SETTING_INT || row->type == SETTING_REAL)
        return answer_printf(answer, "%lld to %lld", (long long)row->min, (long long)row->max);
    if (row->choices == NULL)
        return NULL;
    for (size_t i = 0; row->choices[i] != NULL; i++)
        all = answer_printf(answer, "%s%s%s", all, i > 0 ? ", " : "", row->choices[i]);
    return all;
}

int cmd_config_keys(const struct cli *cli, int argc, char **argv)
{
    struct settings defaults;
    struct answer answer;
    struct error err;
    struct part *rows;
    int ret = settings_init(&defaults, &err);

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "config keys";
    rows = answer_rows(&answer, "keys", KEYS, ARRAY_SIZE(KEYS));
    for (size_t i = 0; ret == 0 && i < settings_count; i++) {
        const struct settings_row *row = &settings_table[i];
        struct cell *cells = part_add(&answer, rows);

        if (cells == NULL)
            break;
        cells[0] = cell_text(&answer, row->key);
        cells[1] = cell_text(&answer, type_name(row));
        cells[2] = value_cell(&answer, &defaults, row);
        cells[3] = cell_text(&answer, range_of(&answer, row));
        cells[4] = cell_text(&answer, row->environment);
        cells[5] = cell_text(&answer, row->option);
        cells[6] = cell_text(&answer, row->option_off);
        cells[7] = cell_text(&answer, row->comment);
    }
    answer.total = (int64_t)settings_count;
    settings_release(&defaults);
    return config_end(cli, &answer, ret, &err);
}

/* ---- list --------------------------------------------------------------------------------- */

static const struct column PROFILES[] = {
    {"name", "Profile", COLUMN_TEXT, 0, "for -c"},
    {"sets", "Sets", COLUMN_TEXT, 0, "the settings in it; null if it cannot be read"},
    {"problem", "Problem", COLUMN_TEXT, 0, "why it cannot be used; null: it can"},
    {"path", "File", COLUMN_TEXT, COLUMN_WIDE, "where it is"},
};

static void add_profile(struct answer *answer, struct part *rows, const char *name)
{
    struct cell *cells = part_add(answer, rows);
    struct settings s = {0};
    struct error err;
    const char *sets = "";
    char *path = NULL;

    if (cells == NULL)
        return;
    cells[0] = cell_text(answer, name);
    if (profile_path(name, &path, &err) == 0 &&
        settings_from_file(&s, path, FROM_PROFILE, &err) == 0) {
        for (size_t i = 0; i < settings_count; i++)
            if (s.source[i] == FROM_PROFILE)
                sets = answer_printf(answer, "%s%s%s", sets, sets[0] != '\0' ? ", " : "",
                                     settings_table[i].key);
        cells[1] = cell_text(answer, sets);
    } else {
        cells[2] = cell_text(answer, err.message);
    }
    cells[3] = cell_text(answer, path);
    settings_release(&s);
    free(path);
}

int cmd_config_list(const struct cli *cli, int argc, char **argv)
{
    struct profile_names names;
    struct answer answer;
    struct error err;
    struct part *rows;
    int ret = profile_list(&names, &err);

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "config list";
    rows = answer_rows(&answer, "configs", PROFILES, ARRAY_SIZE(PROFILES));
    for (size_t i = 0; i < names.count; i++)
        add_profile(&answer, rows, names.names[i]);
    answer.total = (int64_t)names.count;
    if (names.count == 0)
        answer.why = "there is no profile yet: 'breadcrumb config create NAME' makes one";
    profile_list_release(&names);
    return config_end(cli, &answer, ret, &err);
}
