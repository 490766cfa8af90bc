/*
 * config_file.h - the files that hold settings: where they are, how they are read, first written and locked. What is in them is
 * file.c's. Host only.
 */
#ifndef SETTINGS_CONFIG_FILE_H
#define SETTINGS_CONFIG_FILE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"

/* config.yaml in our home: Owned; NULL when there is no home or memory is out. */
char *config_file_path(void);
/* Is there anything of that name? A link that leads nowhere is there. */
bool config_file_exists(const char *path);
/* Reads a settings file into an empty buffer of LIMIT_CONFIG_BYTES. ERR_SYSTEM when it is a folder, a device, too large or not
 * to be read; never waits. */
int config_file_read(const char *path, struct buf *ret, struct error *err);
/* Writes the config file with all defaults and what they mean, unless something is there. A home that cannot be written to is
 * fine: nothing is said. Returns whether it was written. */
bool config_file_first_use(void);
/* The text that it writes. */
void config_file_defaults(struct buf *out);
/* Takes the lock on all settings files, made below our home; a descriptor to be closed with close(), which gives it free.
 * ERR_SYSTEM when our home cannot be made or written to. Waits for other edits. */
int config_file_lock(struct error *err);
/* Replaces or makes a settings file: fsync, rename. A link stays one: what it leads to is replaced. */
int config_file_write(const char *path, const struct buf *text, struct error *err);

#endif
