/*
 * set.c - settings from what a person wrote, with messages that say where a value came from
 * and what would fit. Host only.
 */
#include "base/base.h"

#include "base/limits.h"
#include "redact/redact.h"
#include "settings/match.h"
#include "settings/nearest.h"
#include "settings/places.h"
#include "settings/settings.h"
#include "settings/table.h"

#include <sys/stat.h>
#include <unistd.h>

static int no_memory(struct error *err)
{
    return error_set(err, ERR_FAILED, "out of memory for the settings");
}

static int unknown_key(const char *key, const char *where, struct error *err)
{
    struct nearest near = nearest_begin(key);

    for (size_t i = 0; i < settings_count; i++)
        nearest_offer(&near, settings_table[i].key);
    error_set(err, ERR_INVALID_SETTING, "unknown setting '%s' (%s)", key, where);
    if (near.best != NULL)
        return error_suggest(err, "did you mean '%s'?", near.best);
    return error_suggest(err, "'breadcrumb config keys' lists all settings");
}

static int bad_choice(const struct settings_row *row, const char *value, struct error *err)
{
    struct nearest near = nearest_begin(value);
    char words[256] = "";
    size_t used = 0;

    for (size_t i = 0; row->choices[i] != NULL; i++) {
        used += (size_t)snprintf(words + used, sizeof(words) - used, "%s%s", i > 0 ? ", " : "",
                                 row->choices[i]);
        nearest_offer(&near, row->choices[i]);
    }
    if (near.best != NULL)
        return error_suggest(err, "did you mean '%s'? There are %s", near.best, words);
    return error_suggest(err, "it is one of %s", words);
}

static int bad_pattern(const char *value, const char *where, struct error *err)
{
    char why[160];
    const char *problem = redact_pattern_problem(value, why, sizeof(why));

    error_set(err, ERR_INVALID_SETTING, "the pattern '%.200s' %s (%s)", value,
              problem != NULL ? problem : "does not fit", where);
    return error_suggest(
        err, "patterns are like 'acme-[0-9a-f]{32}': docs/redaction.md has the language");
}

/* Why `value` does not fit, and what would. */
static int bad_value(const struct settings_row *row, const char *value, const char *where,
                     struct error *err)
{
    const char *problem = match_problem(value);

    error_set(err, ERR_INVALID_SETTING, "the value '%.200s' does not fit %s (%s)", value, row->key,
              where);
    switch (row->type) {
    case SETTING_BOOL:
        return error_suggest(err, "it is 1, true, yes or on, or else 0, false, no or off");
    case SETTING_INT:
        return error_suggest(err, "it is a whole number from %lld to %lld", (long long)row->min,
                             (long long)row->max);
    case SETTING_REAL:
        return error_suggest(err, "it is a number from %lld.0 to %lld.0", (long long)row->min,
                             (long long)row->max);
    case SETTING_CHOICE:
        return bad_choice(row, value, err);
    case SETTING_GLOBS:
        error_set(err, ERR_INVALID_SETTING, "the pattern '%.200s' %s (%s)", value,
                  problem != NULL ? problem : "does not fit", where);
        return error_suggest(err, "patterns are like 'pkg.*', 'pkg.module' or '*_test'");
    case SETTING_NAMES:
        error_set(err, ERR_INVALID_SETTING, "the name '%.200s' %s (%s)", value,
                  redact_name_problem(value), where);
        return error_suggest(err, "names are like 'password' or 'api_key', in any case");
    case SETTING_PATTERNS:
        return bad_pattern(value, where, err);
    case SETTING_PATH:
    case SETTING_FOLDERS:
        return error_suggest(err, "it is a path of 1 to %d bytes", LIMIT_PATH_BYTES - 1);
    }
    return ERR_INVALID_SETTING;
}

/* Tries the value on a spare struct first, so that one that does not fit changes nothing; then, unless a stronger source has
 * spoken, sets it for good. */
static int set_one(struct settings *s, const struct settings_row *row, const char *value,
                   enum settings_source source, const char *where, struct error *err)
{
    unsigned char *from = &s->source[row - settings_table];
    struct settings trial = {0};
    enum settings_fit fit = settings_assign(&trial, row, value);

    settings_release(&trial);
    if (fit == SETTING_FITS && source >= *from) {
        if (settings_is_list(row) && source > *from)
            settings_list_clear(settings_field(s, row));
        fit = settings_assign(s, row, value);
        *from = (unsigned char)source;
    }
    if (fit == SETTING_NO_MEMORY)
        return no_memory(err);
    return fit == SETTING_FITS ? 0 : bad_value(row, value, where, err);
}

/* A folder goes in by the name that was given and by the one without links, because either may be what Python writes into
 * its code objects. */
static int set_folder(struct settings *s, const struct settings_row *row, const char *value,
                      enum settings_source source, const char *where, struct error *err)
{
    char *path = places_absolute(value);
    char *real = path != NULL ? realpath(path, NULL) : NULL;
    struct stat st;
    int ret;

    if (path == NULL) {
        ret = bad_value(row, value, where, err);
    } else if (stat(path, &st) < 0) {
        ret = error_set_errno(err, ERR_INVALID_SETTING, "cannot use the folder '%s' as %s (%s)",
                              value, row->key, where);
        error_suggest(err, "give a folder that is there, with the program's code in it");
    } else if (!S_ISDIR(st.st_mode)) {
        error_set(err, ERR_INVALID_SETTING, "'%s' is not a folder (%s)", value, where);
        ret = error_suggest(err, "give the folder that holds the program's code");
    } else {
        ret = set_one(s, row, path, source, where, err);
        if (ret == 0 && real != NULL && strcmp(real, path) != 0)
            ret = set_one(s, row, real, source, where, err);
    }
    free(real);
    free(path);
    return ret;
}

/* Sets each part of a list that is written in one word. */
static int set_parts(struct settings *s, const struct settings_row *row, const char *value,
                     char mark, enum settings_source source, const char *where, struct error *err)
{
    char *copy = strdup(value), *rest = copy;
    const char marks[] = {mark, '\0'};
    int ret = 0;

    if (copy == NULL)
        return no_memory(err);
    while (ret == 0 && rest != NULL) {
        const char *part = strsep(&rest, marks);

        /* "a, b" and a comma at the end are habits, not patterns. */
        part += mark == ',' ? strspn(part, " ") : 0;
        if (part[0] == '\0' && value[0] != '\0')
            continue;
        ret = row->type == SETTING_FOLDERS ? set_folder(s, row, part, source, where, err)
                                           : set_one(s, row, part, source, where, err);
    }
    free(copy);
    return ret;
}

int settings_set(struct settings *s, const char *key, const char *value,
                 enum settings_source source, const char *where, struct error *err)
{
    const struct settings_row *row = settings_row(key);

    if (row == NULL)
        return unknown_key(key, where, err);
    if (row->type == SETTING_PATTERNS && source == FROM_ENVIRONMENT)
        return set_parts(s, row, value, '\n', source, where, err);
    if (row->type == SETTING_GLOBS || row->type == SETTING_NAMES)
        return set_parts(s, row, value, ',', source, where, err);
    if (row->type == SETTING_FOLDERS && source == FROM_ENVIRONMENT)
        return set_parts(s, row, value, ':', source, where, err);
    if (row->type == SETTING_FOLDERS)
        return set_folder(s, row, value, source, where, err);
    return set_one(s, row, value, source, where, err);
}

void settings_set_none(struct settings *s, const struct settings_row *row,
                       enum settings_source source)
{
    unsigned char *from = &s->source[row - settings_table];

    if (source >= *from) {
        settings_list_clear(settings_field(s, row));
        *from = (unsigned char)source;
    }
}

int settings_default_workspace(struct settings *s, struct error *err)
{
    const struct settings_row *row = settings_row("workspace");
    const char *logical = getenv("PWD");
    char *here;
    struct stat a, b;
    int ret = 0;

    if (s->workspace.count > 0)
        return 0;
    here = getcwd(NULL, 0);
    if (here == NULL)
        return 0; /* deleted or not to be read: nothing in it can be traced */
    if (settings_assign(s, row, here) == SETTING_NO_MEMORY)
        ret = no_memory(err);
    /* The shell's name for it, where the way here leads over a link. */
    if (ret == 0 && logical != NULL && logical[0] == '/' && strcmp(logical, here) != 0 &&
        stat(logical, &a) == 0 && stat(here, &b) == 0 && a.st_dev == b.st_dev &&
        a.st_ino == b.st_ino && settings_assign(s, row, logical) == SETTING_NO_MEMORY)
        ret = no_memory(err);
    free(here);
    return ret;
}
