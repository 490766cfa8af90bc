/*
 * file.c - settings from files: the config file and profiles, and the order in which all sources are read. Host only.
 * A file is tried whole before any of it is taken, so that one that does not fit changes nothing.
 */
#include "base/base.h"

#include "base/buf.h"
#include "base/limits.h"
#include "settings/config_file.h"
#include "settings/nearest.h"
#include "settings/places.h"
#include "settings/profiles.h"
#include "settings/settings.h"
#include "settings/table.h"
#include "settings/yaml.h"

/* What the original system wrote at the top of its config file, with all its defaults as values. */
static const char ORIGINAL[] = "# Breadcrumb AI Tracer Configuration";

struct reading {
    struct settings *s;
    const char *path;
    enum settings_source source;
    bool original; /* the original system's own file, as it made it */
};

/* Its names for settings that have another one now. */
static const char *name_now(const char *key)
{
    for (size_t i = 0; i < settings_count; i++)
        if (settings_table[i].formerly != NULL && strcmp(settings_table[i].formerly, key) == 0)
            return settings_table[i].key;
    return key;
}

/* Its file sets everything, also what nobody chose: a backend that old Pythons do not have, and a database that hides the one of
 * the project. Both stay as if they were not set. */
static bool is_its_default(const struct reading *r, const struct yaml_entry *e)
{
    const char *value = e->kind == YAML_WORD ? e->items[0].text : "";

    return r->original && ((strcmp(e->key.text, "backend") == 0 && strcmp(value, "pep669") == 0) ||
                           (strcmp(e->key.text, "db_path") == 0 &&
                            strcmp(value, "~/.breadcrumb/traces.duckdb") == 0));
}

static int take_entry(const struct reading *r, const struct yaml_entry *e, struct error *err)
{
    const char *key = name_now(e->key.text);
    const struct settings_row *row = settings_row(key);
    char where[LIMIT_PATH_BYTES + 32];
    int ret = 0;

    snprintf(where, sizeof(where), "%s, line %u", r->path,
             e->count > 0 ? e->items[0].line : e->key.line);
    if (row == NULL)
        return settings_set(r->s, key, "", r->source, where, err);
    if (e->kind == YAML_LIST && !settings_is_list(row)) {
        error_set(err, ERR_INVALID_SETTING, "the setting %s takes one value, not a list (%s)",
                  e->key.text, where);
        return error_suggest(err, "write '%s: VALUE'", e->key.text);
    }
    if (is_its_default(r, e))
        return 0;
    if (settings_is_list(row) && (e->kind != YAML_NOTHING || row->fallback == NULL))
        settings_set_none(r->s, row, r->source);
    for (size_t i = 0; ret == 0 && i < e->count; i++) {
        snprintf(where, sizeof(where), "%s, line %u", r->path, e->items[i].line);
        ret = settings_set(r->s, key, e->items[i].text, r->source, where, err);
    }
    if (ret == 0 && r->s->source[row - settings_table] == r->source)
        r->s->line[row - settings_table] = e->key.line;
    return ret;
}

/* By its old name and by the one of now: which one is meant? */
static int check_twice(const struct reading *r, const struct yaml_doc *doc,
                       const struct yaml_entry *e, struct error *err)
{
    for (const struct yaml_entry *before = doc->entries; before < e; before++)
        if (strcmp(name_now(before->key.text), name_now(e->key.text)) == 0) {
            error_set(err, ERR_INVALID_SETTING,
                      "'%s' and '%s' are the same setting (%s, lines %u and %u)", before->key.text,
                      e->key.text, r->path, before->key.line, e->key.line);
            return error_suggest(err, "remove one of the two lines");
        }
    return 0;
}

static int take_all(const struct reading *r, const struct yaml_doc *doc, struct error *err)
{
    for (size_t i = 0; i < doc->count; i++) {
        int ret = check_twice(r, doc, &doc->entries[i], err);

        if (ret == 0)
            ret = take_entry(r, &doc->entries[i], err);

        if (ret < 0)
            return ret;
    }
    return 0;
}

int settings_from_text(struct settings *s, const char *text, size_t len, const char *path,
                       enum settings_source source, struct error *err)
{
    struct settings trial = {0};
    struct reading r = {.s = &trial,
                        .path = path,
                        .source = source,
                        .original = len >= sizeof(ORIGINAL) - 1 &&
                                    memcmp(text, ORIGINAL, sizeof(ORIGINAL) - 1) == 0};
    struct yaml_doc doc;
    int ret = yaml_parse(text, len, path, &doc, err);

    if (ret < 0)
        return ret;
    ret = take_all(&r, &doc, err);
    settings_release(&trial);
    r.s = s;
    if (ret == 0)
        ret = take_all(&r, &doc, err);
    yaml_release(&doc);
    return ret;
}

int settings_from_file(struct settings *s, const char *path, enum settings_source source,
                       struct error *err)
{
    char **kept = source == FROM_PROFILE ? &s->profile_file : &s->config_file;
    struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);
    int ret = config_file_read(path, &text, err);

    if (ret == 0)
        ret = settings_from_text(s, buf_text(&text), text.len, path, source, err);
    buf_release(&text);
    if (ret < 0)
        return ret;
    free(*kept);
    *kept = strdup(path);
    return *kept != NULL ? 0 : error_set(err, ERR_FAILED, "out of memory for the settings");
}

static int read_files(struct settings *s, const char *profile, struct error *err)
{
    char *config = config_file_path(), *path = NULL;
    int ret = 0;

    if (config != NULL && config_file_exists(config))
        ret = settings_from_file(s, config, FROM_FILE, err);
    if (ret == 0 && profile != NULL) {
        ret = profile_find(profile, &path, err);
        if (ret == 0)
            ret = settings_from_file(s, path, FROM_PROFILE, err);
    }
    free(path);
    free(config);
    return ret;
}

int settings_load(struct settings *s, const char *profile, struct error *err)
{
    int ret = settings_init(s, err);

    if (ret == 0)
        ret = read_files(s, profile, err);
    if (ret == 0)
        ret = settings_from_environment(s, err);
    if (ret < 0)
        settings_release(s);
    return ret;
}

void settings_whence(const struct settings *s, const struct settings_row *row, char *ret,
                     size_t size)
{
    size_t i = (size_t)(row - settings_table);
    const char *file = s->source[i] == FROM_PROFILE ? s->profile_file : s->config_file;

    switch ((enum settings_source)s->source[i]) {
    case FROM_DEFAULT:
        snprintf(ret, size, "default");
        break;
    case FROM_FILE:
    case FROM_PROFILE:
        snprintf(ret, size, "%s, line %u", file != NULL ? file : "file", s->line[i]);
        break;
    case FROM_ENVIRONMENT:
        snprintf(ret, size, "%s", row->environment);
        break;
    case FROM_ARGUMENT:
        snprintf(ret, size, "%s", row->option != NULL ? row->option : "argument");
        break;
    }
}
