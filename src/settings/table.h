/*
 * table.h - the one table of settings. Parsers, defaults, the compiled form, options of `run`, messages and the
 * default file and its comments all come from it: a setting that is not in it does not exist.
 * Constant data, both sides.
 */
#ifndef SETTINGS_TABLE_H
#define SETTINGS_TABLE_H

#include "base/base.h"
#include "settings/settings.h"

enum settings_type {
    SETTING_BOOL,
    SETTING_INT,
    SETTING_REAL,
    SETTING_CHOICE,   /* an int; its words in `choices`, from 0 */
    SETTING_PATH,     /* one file */
    SETTING_GLOBS,    /* a list of globs over dotted module names */
    SETTING_FOLDERS,  /* a list of folders */
    SETTING_NAMES,    /* a list of names of secrets */
    SETTING_PATTERNS, /* a list of patterns of secrets */
};

struct settings_row {
    const char *key;
    const char *formerly; /* its name in the original system's files; NULL: the same, or none */
    enum settings_type type;
    size_t offset;              /* in struct settings */
    const char *fallback;       /* the default as text; NULL: empty or none */
    int64_t min, max;           /* of numbers, inclusive */
    const char *const *choices; /* NULL-terminated */
    const char *environment;    /* the variable's name */
    const char *option;         /* of run, gives the value (a switch: turns on); NULL: none */
    const char *option_off;     /* of run, a switch that turns it off; NULL: none */
    char letter;                /* short form of `option`; 0: none */
    const char *argument;       /* what the option's value is called in help; NULL: a switch */
    bool live;                  /* may change while a program is being recorded */
    const char *comment;        /* one sentence, for help and the file */
};

extern const struct settings_row settings_table[];
extern const size_t settings_count;

/* NULL when there is no such key. */
const struct settings_row *settings_row(const char *key);

static inline bool settings_is_list(const struct settings_row *row)
{
    return row->type == SETTING_GLOBS || row->type == SETTING_FOLDERS ||
           row->type == SETTING_NAMES || row->type == SETTING_PATTERNS;
}

/* The field of a row. */
static inline void *settings_field(struct settings *s, const struct settings_row *row)
{
    return (char *)s + row->offset;
}

/* How an assignment went. */
enum settings_fit { SETTING_FITS = 0, SETTING_UNFIT = -1, SETTING_NO_MEMORY = -2 };

/* Puts text into the row's field: replaces a single value, adds to a list. Says nothing about why it does not fit.
 * Both sides. */
enum settings_fit settings_assign(struct settings *s, const struct settings_row *row,
                                  const char *text);
/* Adds a copy at the end. Both sides. */
enum settings_fit settings_list_add(struct settings_list *list, const char *text);
void settings_list_clear(struct settings_list *list);
/* Makes a list empty, unless a stronger source has spoken. Host only. */
void settings_set_none(struct settings *s, const struct settings_row *row,
                       enum settings_source source);

#endif
