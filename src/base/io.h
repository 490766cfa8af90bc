/*
 * io.h - files and paths: whole-file reads, atomic writes, directories.
 * Host only; paths are NUL-terminated bytes.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"

/* Reads a whole file into out (appended). ERR_SYSTEM when it cannot be opened or read, or is longer
 * than out's ceiling. */
int io_read_file(const char *path, struct buf *out, struct error *err);
/* Writes through a temporary neighbour, fsync and rename: the old content or the new, never half. */
int io_write_atomic(const char *path, const void *bytes, size_t len, unsigned mode,
                    struct error *err);
/* The same without the fsync: nothing of it is left behind half by a killed program, but by a machine that goes down. */
int io_write_unsynced(const char *path, const void *bytes, size_t len, unsigned mode,
                      struct error *err);
/* A standard stream that is closed would give its number to the next file that is opened, and what is said to the stream would go
 * into that file. Afterwards writing to it fails. */
void io_hold_streams(void);
/* Makes a directory and its parents, each with `mode`; fine when it is there already. */
int io_make_dirs(const char *path, unsigned mode, struct error *err);
/* Deletes a file or a directory with all below it; fine when it is not there. Follows no links. */
int io_remove_tree(const char *path, struct error *err);
/* Closes this descriptor and all above it. In a process that has just been forked: whoever has them open here is not asked. */
void io_close_from(int fd);
/* "DIR/NAME", Owned by the caller (free()); NULL when memory is out. */
char *io_join(const char *dir, const char *name);
/* The folder that holds this program's executable, Owned by the caller; NULL when unknown. */
char *io_program_dir(void);
/* What lies at a path relative to that folder, with its links resolved: Owned by the caller; NULL: nothing does. *ret_looked_at is
 * where it was looked for, for a message: Owned by the caller too, NULL when unknown. */
char *io_beside_program(const char *relative, char **ret_looked_at);
/* The folder of the Python package that belongs to this program, as io_beside_program() tells it: lib/breadcrumb beside bin/ in a
 * build and a prefix; the folder around bin/ where a wheel was installed, for there the package holds the program. */
char *io_package_dir(char **ret_looked_at);
bool io_is_dir(const char *path);
bool io_exists(const char *path);

#endif
