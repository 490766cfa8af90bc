/* keep.c - see keep.h: pruning. */
#include "base/base.h"

#include "base/clock.h"
#include "store/compact.h"
#include "store/keep.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORTH_IT 4 /* a file is rewritten when a quarter of it or more is free */

int64_t keep_file_bytes(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/*
 * Which traces go. `rank` counts from the newest; `bytes` is a trace's share of the file by its rows, and `above` what it and all newer
 * ones take.
 */
/* clang-format off */
/* With one thread: see LIMIT_STORE_READ_THREADS. */
static const char PICK_SQL[] =
    "SET threads = 1; CREATE OR REPLACE TEMP TABLE going AS "
    "WITH rows AS (SELECT trace_id, sum(n) AS n FROM (SELECT trace_id, count(*) AS n FROM call_rows GROUP BY 1 "
    "    UNION ALL SELECT trace_id, count(*) FROM exception_rows GROUP BY 1 UNION ALL SELECT trace_id, count(*) FROM line_rows GROUP BY 1 "
    "    UNION ALL SELECT trace_id, count(*) FROM stat_rows GROUP BY 1) GROUP BY 1), "
    "ranked AS (SELECT t.id, t.started_at, t.status, t.command, coalesce(r.n, 0) + 1 AS n, sum(coalesce(r.n, 0) + 1) OVER () AS total, row_number() OVER newest AS rank, "
    "    sum(coalesce(r.n, 0) + 1) OVER newest * %lld / greatest(sum(coalesce(r.n, 0) + 1) OVER (), 1) AS above "
    "  FROM traces t LEFT JOIN rows r ON r.trace_id = t.id WINDOW newest AS (ORDER BY t.started_at DESC, t.id DESC)) "
    "SELECT id, started_at, command, status = 'running' AS running, n, total FROM ranked "
    "WHERE (%lld > 0 AND epoch_us(started_at) < %lld) OR (%lld >= 0 AND rank > %lld) OR (%lld >= 0 AND above > %lld)";
/* clang-format on */

static int tell(struct store *s, keep_each *each, void *ctx, struct keep_report *report,
                struct error *err)
{
    struct store_query query = {
        .sql = "SELECT id, started_at, command, running FROM going ORDER BY started_at, id"};
    struct rows *rows = NULL;
    int ret = store_query(s, &query, &rows, err);

    while (ret >= 0 && (ret = rows_next(rows, err)) > 0) {
        if (rows_int(rows, 3) != 0) {
            report->left_alone++;
            continue;
        }
        report->traces++;
        if (each != NULL)
            each(ctx, rows_text(rows, 0, NULL), rows_int(rows, 1), rows_text(rows, 2, NULL));
    }
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

static int delete_them(struct store *s, struct error *err)
{
    char sql[200];
    int ret = store_begin(s, err);

    for (size_t i = 0; ret == 0 && compact_tables[i] != NULL; i++) {
        snprintf(sql, sizeof(sql),
                 "DELETE FROM %s WHERE trace_id IN (SELECT id FROM going WHERE NOT running)",
                 compact_tables[i]);
        ret = store_run(s, s->main, sql, err);
    }
    if (ret == 0)
        ret = store_run(s, s->main,
                        "DELETE FROM traces WHERE id IN (SELECT id FROM going WHERE NOT running)",
                        err);
    if (ret < 0) {
        store_rollback(s);
        return ret;
    }
    return store_commit(s, err);
}

/* Rows of several traces share a block, so that it is rarely free as a whole: the share of rows that went decides, or that of blocks. */
static bool worth_compacting(struct store *s)
{
    static const char sql[] =
        "SELECT (SELECT coalesce(sum(n) * %d >= max(total), false) FROM going WHERE NOT running) "
        "OR (free_blocks > 0 AND free_blocks * %d >= total_blocks) FROM pragma_database_size() "
        "LIMIT 1";
    char text[sizeof(sql) + 20];
    int64_t worth = 0;

    snprintf(text, sizeof(text), sql, WORTH_IT, WORTH_IT);
    return store_query_int(s, text, &worth, NULL) == 0 && worth != 0;
}

/* What the traces take, without the free blocks that a checkpoint leaves behind: up to as much again, seen after an ingest. */
static int64_t used_bytes(struct store *s, int64_t otherwise)
{
    int64_t used = 0;

    if (store_query_int(s, "SELECT used_blocks * block_size FROM pragma_database_size() LIMIT 1",
                        &used, NULL) < 0)
        return otherwise;
    return used;
}

/* Deletes what PICK_SQL has picked, if anything, and gives the space back to the disk; *ret_closed: the store is closed by that. */
static int prune_picked(struct store *s, bool any, bool *ret_closed, struct error *err)
{
    bool done = false;
    int ret = any ? delete_them(s, err) : 0;

    if (ret == 0 && any)
        ret = store_checkpoint(s, err);
    if (ret == 0 && worth_compacting(s)) {
        *ret_closed = true;
        ret = compact_and_close(s, &done, err);
    }
    return ret;
}

int keep_prune(const char *db_path, const struct keep_rules *rules, int wait_ms, keep_each *each,
               void *ctx, struct keep_report *ret_report, struct error *err)
{
    struct keep_report report = {.bytes_before = keep_file_bytes(db_path)};
    char sql[sizeof(PICK_SQL) + 200];
    struct store *s = NULL;
    bool closed = false, too_large;
    int ret = store_open(&s, db_path, STORE_WRITE, wait_ms, err);

    if (ret < 0)
        return ret;
    snprintf(sql, sizeof(sql), PICK_SQL, (long long)used_bytes(s, report.bytes_before),
             (long long)rules->before_us, (long long)rules->before_us, (long long)rules->keep,
             (long long)rules->keep, (long long)rules->max_bytes, (long long)rules->max_bytes);
    ret = store_run(s, s->main, sql, err);
    if (ret == 0)
        ret = store_run(s, s->main, "RESET threads", err);
    if (ret == 0)
        ret = tell(s, each, ctx, &report, err);
    too_large = rules->max_bytes >= 0 && report.bytes_before > rules->max_bytes;
    if (ret == 0 && !rules->dry_run && (report.traces > 0 || too_large))
        ret = prune_picked(s, report.traces > 0, &closed, err);
    if (closed)
        s = NULL;
    store_close(s);
    report.bytes_after = keep_file_bytes(db_path);
    if (ret == 0)
        *ret_report = report;
    return ret;
}

/* ---- clear ---------------------------------------------------------------------------------- */

/* Whether the file begins like one of DuckDB's: what is something else is not ours to delete. */
static bool is_database(int fd)
{
    char start[12];

    return pread(fd, start, sizeof(start), 0) == (ssize_t)sizeof(start) &&
           memcmp(start + 8, "DUCK", 4) == 0;
}

/* Takes the lock that DuckDB would take, so that no one reads or writes it now. */
static int lock_patiently(int fd, const char *path, int wait_ms, struct error *err)
{
    int64_t deadline = clock_mono_ns() + (int64_t)wait_ms * 1000000;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct timespec pause = {0, 20000000};

    while (fcntl(fd, F_SETLK, &lock) < 0) {
        if (clock_mono_ns() >= deadline)
            return words_for(err, "cannot delete the database", path, "Could not set lock on file");
        nanosleep(&pause, NULL);
    }
    return 0;
}

int keep_clear(const char *db_path, int wait_ms, struct error *err)
{
    char wal[LIMIT_PATH_BYTES + 8];
    int fd = open(db_path, O_RDWR | O_CLOEXEC), ret;

    if (fd < 0) {
        ret = error_set_errno(err, ERR_SYSTEM, "cannot open the database '%s'", db_path);
        return error_suggest(err,
                             "change the permissions, or name another database with --db-path"),
               ret;
    }
    if (!is_database(fd)) {
        ret = error_set(err, ERR_DATABASE_CORRUPT, "'%s' is not a database: it is left alone",
                        db_path);
        error_suggest(err, "remove it yourself, if it is to go");
        goto out;
    }
    ret = lock_patiently(fd, db_path, wait_ms, err);
    snprintf(wal, sizeof(wal), "%s.wal", db_path);
    if (ret == 0 && (unlink(db_path) < 0 || (unlink(wal) < 0 && errno != ENOENT)))
        ret = error_set_errno(err, ERR_SYSTEM, "cannot delete the database '%s'", db_path);
out:
    close(fd);
    return ret;
}
