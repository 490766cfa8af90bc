/*
 * source.h - lines of the traced program's source files, for stack traces; a few files are kept.
 */
#ifndef INGEST_SOURCE_H
#define INGEST_SOURCE_H

#include "base/base.h"
#include "base/buf.h"

#define SOURCE_FILES 32
#define SOURCE_BYTES_MAX (4 * 1024 * 1024)
#define SOURCE_LINE_BYTES 4096 /* shown of a line that has a secret */

struct source_file {
    char *path;       /* Owned; NULL: free */
    struct buf text;  /* empty: cannot be read, or is newer than the trace */
    uint32_t *starts; /* Owned: offset of each line */
    size_t nlines;
    uint64_t used; /* when it was asked last */
};

struct source_cache {
    struct source_file files[SOURCE_FILES];
    uint64_t clock;
    int64_t not_after_ns;         /* files changed later are not what ran */
    struct redact *redact;        /* Owned; NULL: lines are shown as they are */
    char line[SOURCE_LINE_BYTES]; /* one without its secrets */
};

/* Hides secrets in the lines from now on, as the settings of the run wanted it: their compiled text, or NULL. */
void source_hide(struct source_cache *cache, const char *settings);
void source_release(struct source_cache *cache);
/* The line without its indentation and end; false when it is not to be had. Borrowed until the next call. */
bool source_line(struct source_cache *cache, const char *path, int32_t line, const char **ret_text,
                 size_t *ret_len);

#endif
