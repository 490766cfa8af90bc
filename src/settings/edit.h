/*
 * edit.h - changes the text of a settings file and leaves alone what a person wrote around it: comments, order, blank lines,
 * quotes. Each call reads the text anew and makes one change; when it fails the text is as it was. Host only.
 *
 *     edit_set(&text, row, values, n, "flock.yaml", &err)
 *     edit_add(&text, row, "flock.logging*", "flock.yaml", &err)
 *
 * `text` has the ceiling LIMIT_CONFIG_BYTES. `where` is the file's name in messages. All give ERR_INVALID_SETTING when the file
 * is not valid YAML or is written in a way that cannot be edited in place (then the message says so), or ERR_FAILED.
 */
#ifndef SETTINGS_EDIT_H
#define SETTINGS_EDIT_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "settings/table.h"

struct edit {
    struct buf *text;
    const char *where; /* the file, in messages */
    struct error *err;
};

/* The value of a setting; of a list all its items (0: an empty list). Items that stay keep their lines. */
int edit_set(const struct edit *e, const struct settings_row *row, const char *const *values,
             size_t n);
/* One item more, at the end; nothing when it is there. */
int edit_add(const struct edit *e, const struct settings_row *row, const char *value);
/* One item less; ERR_INVALID_SETTING when it is not there. */
int edit_remove(const struct edit *e, const struct settings_row *row, const char *value);
/* The setting with its lines; nothing when it is not there. */
int edit_unset(const struct edit *e, const struct settings_row *row);
/* Writes a value as YAML. */
void edit_put_value(struct buf *out, const struct settings_row *row, const char *value);

#endif
