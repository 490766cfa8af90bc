/* source.c - see source.h. */
#include "base/base.h"

#include "base/error.h"
#include "base/io.h"
#include "ingest/source.h"
#include "redact/redact.h"

#include <sys/stat.h>

static void file_release(struct source_file *f)
{
    free(f->path);
    free(f->starts);
    buf_release(&f->text);
    memset(f, 0, sizeof(*f));
}

/* The values of the lines `key=value`, NUL-terminated in `copy`; returns how many. */
static size_t lines_of(char *copy, const char *key, const char **values, size_t most)
{
    size_t n = 0, len = strlen(key);

    for (char *line = strtok_r(copy, "\n", &copy); line != NULL && n < most;
         line = strtok_r(NULL, "\n", &copy))
        if (strncmp(line, key, len) == 0 && line[len] == '=' && line[len + 1] != '\0')
            values[n++] = line + len + 1;
    return n;
}

void source_hide(struct source_cache *cache, const char *settings)
{
    const char *names[256];
    struct redact_config config = {.names = names};
    char *copy = strdup(settings != NULL ? settings : ""); /* Owned */
    char why[160];

    redact_free(cache->redact);
    cache->redact = NULL;
    if (copy != NULL && strstr(copy, "\nredact=false\n") == NULL) {
        config.nnames = lines_of(copy, "redact_names", names, ARRAY_SIZE(names));
        cache->redact = redact_new(&config, why, sizeof(why));
    }
    free(copy);
}

void source_release(struct source_cache *cache)
{
    redact_free(cache->redact);
    cache->redact = NULL;
    for (size_t i = 0; i < SOURCE_FILES; i++)
        file_release(&cache->files[i]);
}

static bool may_read(const struct source_cache *cache, const char *path)
{
    struct stat st;
    int64_t changed;

    if (path[0] != '/' || stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
        st.st_size > SOURCE_BYTES_MAX)
        return false;
    changed = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return changed <= cache->not_after_ns;
}

static void find_lines(struct source_file *f)
{
    size_t n = 1, i = 0;

    for (size_t k = 0; k < f->text.len; k++)
        n += f->text.data[k] == '\n';
    f->starts = malloc((n + 1) * sizeof(*f->starts));
    if (f->starts == NULL)
        return;
    f->starts[i++] = 0;
    for (size_t k = 0; k < f->text.len; k++) {
        if (f->text.data[k] == '\n')
            f->starts[i++] = (uint32_t)k + 1;
    }
    f->starts[i] = (uint32_t)f->text.len;
    f->nlines = n;
}

static struct source_file *find_file(struct source_cache *cache, const char *path)
{
    struct source_file *oldest = &cache->files[0];

    for (size_t i = 0; i < SOURCE_FILES; i++) {
        struct source_file *f = &cache->files[i];

        if (f->path != NULL && strcmp(f->path, path) == 0)
            return f;
        if (f->path == NULL || (oldest->path != NULL && f->used < oldest->used))
            oldest = f;
    }
    file_release(oldest);
    oldest->path = strdup(path);
    if (oldest->path == NULL)
        return NULL;
    oldest->text = (struct buf)BUF_INIT(SOURCE_BYTES_MAX);
    if (may_read(cache, path) && io_read_file(path, &oldest->text, NULL) == 0)
        find_lines(oldest);
    return oldest;
}

bool source_line(struct source_cache *cache, const char *path, int32_t line, const char **ret_text,
                 size_t *ret_len)
{
    struct source_file *f = find_file(cache, path);
    const char *from, *to;

    if (f == NULL)
        return false;
    f->used = ++cache->clock;
    if (line < 1 || (size_t)line > f->nlines)
        return false;
    from = f->text.data + f->starts[line - 1];
    to = f->text.data + f->starts[line];
    while (from < to && strchr(" \t\f", *from) != NULL)
        from++;
    while (to > from && strchr(" \t\r\n\f", to[-1]) != NULL)
        to--;
    *ret_text = from;
    *ret_len = (size_t)(to - from);
    if (cache->redact != NULL) {
        struct redact_text text = {from, *ret_len, false};

        if (redact_has(cache->redact, &text)) {
            *ret_text = cache->line;
            *ret_len = redact_copy(cache->redact, &text, cache->line, sizeof(cache->line), NULL);
        }
    }
    return to > from;
}
