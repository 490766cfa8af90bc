/*
 * file.h - how the writing half makes files: for this room only.
 *
 * Descriptors live for a few system calls only. Another thread of the program can see a new, low number for that time;
 * that is accepted: a descriptor kept open would be one more that the program can close, inherit or count.
 * Guest code; failures are negative errno values; these do not restore errno, their callers do.
 */
#ifndef TRAIL_FILE_H
#define TRAIL_FILE_H

#include "base/base.h"
#include "base/limits.h"

/* "<dir>/<name>" into path; false when it is too long. */
bool trail_file_join(char path[LIMIT_PATH_BYTES], const char *dir, const char *name);
/* Makes a new file with mode 0600 exactly (a umask can only have taken bits away) and returns a descriptor. Never
 * opens one that is there, nor follows a link. */
int trail_file_make(const char *path);
/* Gives the file its size and its blocks, so that a store into its mapping can never meet a full disk. Past
 * RLIMIT_FSIZE the kernel would not just refuse but send SIGXFSZ, which kills: so that is asked first (-EFBIG). */
int trail_file_allocate(int fd, size_t size);
/* The same for the part behind `from`, which is new. */
int trail_file_allocate_at(int fd, size_t from, size_t size);
/* Adds one line to a file that processes share, made if it is not there, with one write; not where that is past RLIMIT_FSIZE, and not
 * to one that has `most` bytes already. Fails silently. Leaves errno alone. */
void trail_file_append(const char *dir, const char *name, const char *line, size_t len,
                       uint64_t most);
/* close() that leaves errno alone. */
void trail_file_close(int fd);

#endif
