/*
 * compact.c - see compact.h. DuckDB reuses the space of deleted rows but does not give it back: the rows that are left are written into a
 * new file.
 *
 * The exchange has to be safe against a process that opens the database at that moment. The old file is closed first, because closing
 * removes `FILE.wal` by name, which might by then belong to somebody else. Then a lock of our own is taken, of the kind that DuckDB takes; the
 * file's headers must still be those of our last checkpoint and no log may stand beside it; then comes the rename. Whoever had
 * opened the old file without its lock sees after locking that the name means another file, and opens again (store.c).
 */
#include "base/base.h"

#include "base/buf.h"
#include "store/compact.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_BYTES (3 * 4096) /* the file's header and the two that checkpoints write in turn */

const char *const compact_tables[] = {"call_rows", "open_calls", "exception_rows", "line_rows",
                                      "stat_rows", "edge_rows",  "node_rows",      "threads",
                                      "tasks",     "losses",     "consumed",       NULL};

static bool read_headers(int fd, char out[HEADER_BYTES])
{
    return pread(fd, out, HEADER_BYTES, 0) == HEADER_BYTES;
}

static bool lock_file(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_SETLK, &lock) == 0;
}

static int sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

    if (fd < 0)
        return -1;
    ret = fsync(fd);
    close(fd);
    return ret;
}

/* The folder, so that the new name survives a power cut. */
static void sync_folder(const char *path)
{
    char *folder = strdup(path), *slash = folder != NULL ? strrchr(folder, '/') : NULL;

    if (slash != NULL && slash != folder) {
        *slash = '\0';
        sync_file(folder);
    }
    free(folder);
}

static int write_fresh(struct store *s, const char *fresh, struct error *err)
{
    char sql[LIMIT_PATH_BYTES * 2 + 100];
    int ret;

    duck_quote_path(sql, sizeof(sql), "ATTACH '", fresh, "' AS fresh");
    if ((ret = store_run(s, s->main, sql, err)) < 0 ||
        (ret = store_run(s, s->main, "USE fresh; BEGIN TRANSACTION", err)) < 0)
        return ret;
    s->in_transaction = true;
    if ((ret = schema_create(s, err)) < 0 ||
        (ret = store_run(s, s->main, "DELETE FROM fresh.schema_version", err)) < 0)
        return ret;
    for (int i = -3; i < 0 || compact_tables[i] != NULL; i++) {
        static const char *const FIRST[] = {"schema_version", "traces", "functions"};
        const char *table = i < 0 ? FIRST[i + 3] : compact_tables[i];

        snprintf(sql, sizeof(sql), "INSERT INTO fresh.%s BY NAME SELECT * FROM old.%s", table,
                 table);
        if ((ret = store_run(s, s->main, sql, err)) < 0)
            return ret;
    }
    if ((ret = store_commit(s, err)) < 0)
        return ret;
    return store_run(s, s->main, "CHECKPOINT fresh; USE old; DETACH fresh", err);
}

/* The database under a name that does not depend on its file's: in one instance ours is `old`. */
static int reopen_as_old(struct store *s, struct error *err)
{
    char sql[LIMIT_PATH_BYTES * 2 + 100];
    int ret;

    duck_quote_path(sql, sizeof(sql), "ATTACH '", s->path, "' AS old (READ_ONLY)");
    ret = store_run(s, s->main, sql, err);
    return ret < 0 ? ret : 0;
}

static int exchange(const char *path, const char *fresh, const char before[HEADER_BYTES],
                    bool *ret_done, struct error *err)
{
    char now[HEADER_BYTES], wal[LIMIT_PATH_BYTES + 8];
    int fd = open(path, O_RDWR | O_CLOEXEC), ret = 0;

    snprintf(wal, sizeof(wal), "%s.wal", path);
    if (fd >= 0 && lock_file(fd) && read_headers(fd, now) &&
        memcmp(now, before, HEADER_BYTES) == 0 && access(wal, F_OK) < 0) {
        if (rename(fresh, path) < 0)
            ret = error_set_errno(err, ERR_SYSTEM, "cannot replace the database '%s'", path);
        else
            *ret_done = true;
    }
    if (fd >= 0)
        close(fd);
    if (*ret_done)
        sync_folder(path);
    return ret;
}

static bool headers_of(const char *path, char out[HEADER_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && read_headers(fd, out);

    if (fd >= 0)
        close(fd);
    return ok;
}

int compact_and_close(struct store *store, bool *ret_done, struct error *err)
{
    char fresh[LIMIT_PATH_BYTES + 40], wal[LIMIT_PATH_BYTES + 50], before[HEADER_BYTES];
    char *path = strdup(store->path);
    struct store *scratch = NULL;
    int ret;

    *ret_done = false;
    if (path == NULL) {
        store_close(store);
        return error_set(err, ERR_FAILED, "memory is out");
    }
    snprintf(fresh, sizeof(fresh), "%s.compact-%ld", path, (long)getpid());
    snprintf(wal, sizeof(wal), "%s.wal", fresh);
    unlink(fresh);
    unlink(wal);
    ret = store_checkpoint(store, err);
    store_close(store);
    /* From here on a reader may look, and a writer may come: then the headers change. */
    if (ret == 0 && !headers_of(path, before))
        ret = error_set_errno(err, ERR_SYSTEM, "cannot read the database '%s'", path);
    if (ret == 0)
        ret = store_open_scratch(&scratch, path, err);
    if (ret == 0)
        ret = reopen_as_old(scratch, err);
    if (ret == ERR_DATABASE_LOCKED) {
        ret = 0; /* somebody works with it: another time */
        goto out;
    }
    if (ret == 0)
        ret = write_fresh(scratch, fresh, err);
    store_close(scratch);
    scratch = NULL;
    if (ret == 0 && sync_file(fresh) < 0)
        ret = error_set_errno(err, ERR_SYSTEM, "cannot write '%s'", fresh);
    if (ret == 0)
        ret = exchange(path, fresh, before, ret_done, err);
out:
    store_close(scratch);
    unlink(fresh);
    unlink(wal);
    free(path);
    return ret;
}
