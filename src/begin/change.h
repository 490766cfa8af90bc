/*
 * change.h - other settings for a process that is being recorded, through the control page in its trail folder: for the command
 * `set`, and for a second call of breadcrumb.init(). Nothing that does not fit gets that far.
 *
 *     struct change c = CHANGE_INIT;
 *     change_name(&c, row, &err);                         // for each setting that is to change
 *     change_compile(&c, &settings, &err);
 *     change_write(&c, process_folder, &all, &seq);       // for each process
 *     change_release(&c);
 *
 * Host only, not thread-safe.
 */
#ifndef BEGIN_CHANGE_H
#define BEGIN_CHANGE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "settings/settings.h"
#include "trail/control.h"

struct settings_row;

struct change {
    bool named[SETTINGS_MOST]; /* by row of the table */
    struct buf lines;          /* their compiled form */
};

#define CHANGE_INIT {{false}, BUF_INIT(CONTROL_TEXT_BYTES)}

void change_release(struct change *c);
/* ERR_INVALID_SETTING when the setting cannot change while a program runs; the suggestion says which can. */
int change_name(struct change *c, const struct settings_row *row, struct error *err);
/* Takes the values of the named settings from `s`. ERR_INVALID_SETTING when they are too long for the page. */
int change_compile(struct change *c, const struct settings *s, struct error *err);
/* Writes the page of one process: what was set before stays, but for what is set now. *ret_all is the text that is there now,
 * *ret_seq stands for it (control_taken()). 0, or a negative errno. */
int change_write(const struct change *c, const char *dir, struct buf *ret_all, uint32_t *ret_seq);

/* The lines of one setting in a compiled text. */
void change_lines_of(const struct settings_row *row, const char *text, struct buf *out);

#endif
