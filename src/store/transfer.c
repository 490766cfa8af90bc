/*
 * transfer.c - see keep.h: export and import. Both databases are attached to an instance that has none of its own, and rows go from `a` to
 * `b`. Numbers of functions mean something in their database only, so that they are translated; everything else is unique everywhere.
 */
#include "base/base.h"

#include "base/buf.h"
#include "store/compact.h"
#include "store/gate.h"
#include "store/keep.h"

#include <unistd.h>

#define MOST_TRANSLATED 3

/* Columns that hold numbers of functions. */
static const struct {
    const char *table, *columns[MOST_TRANSLATED];
} TRANSLATED[] = {
    {"call_rows", {"function_id", "caller_function_id"}},
    {"open_calls", {"function_id", "caller_function_id", "parent_function_id"}},
    {"exception_rows", {"function_id", "handled_by"}},
    {"line_rows", {"function_id"}},
    {"stat_rows", {"function_id"}},
    {"edge_rows", {"function_id", "caller_function_id", "parent_function_id"}},
    {"node_rows", {"function_id"}},
    {"losses", {"function_id"}},
};

/* clang-format off */
static const char USED_SQL[] =
    "CREATE TABLE memory.used AS SELECT DISTINCT id FROM ("
    "  SELECT function_id AS id FROM a.call_rows WHERE trace_id IN (FROM memory.picked) UNION SELECT caller_function_id FROM a.call_rows WHERE trace_id IN (FROM memory.picked) "
    "  UNION SELECT function_id FROM a.open_calls WHERE trace_id IN (FROM memory.picked) UNION SELECT caller_function_id FROM a.open_calls WHERE trace_id IN (FROM memory.picked) "
    "  UNION SELECT function_id FROM a.exception_rows WHERE trace_id IN (FROM memory.picked) UNION SELECT handled_by FROM a.exception_rows WHERE trace_id IN (FROM memory.picked) "
    "  UNION SELECT function_id FROM a.line_rows WHERE trace_id IN (FROM memory.picked) UNION SELECT function_id FROM a.stat_rows WHERE trace_id IN (FROM memory.picked) "
    "  UNION SELECT unnest([function_id, caller_function_id, parent_function_id]) FROM a.edge_rows WHERE trace_id IN (FROM memory.picked) "
    "  UNION SELECT parent_function_id FROM a.open_calls WHERE trace_id IN (FROM memory.picked) "
    "  UNION SELECT function_id FROM a.losses WHERE trace_id IN (FROM memory.picked)) WHERE id IS NOT NULL";
/* The same function has the same five columns; what `b` does not have yet gets the numbers that follow its own. */
static const char MAP_SQL[] =
    "CREATE TABLE memory.fmap AS SELECT f.id AS old, min(g.id) AS there, "
    "  coalesce(min(g.id), (SELECT coalesce(max(id), -1) FROM b.functions) + row_number() OVER (PARTITION BY min(g.id) IS NULL ORDER BY f.id))::INTEGER AS new "
    "FROM a.functions f JOIN memory.used u ON u.id = f.id LEFT JOIN b.functions g ON g.host IS NOT DISTINCT FROM f.host "
    "  AND g.module_name IS NOT DISTINCT FROM f.module_name AND g.qualified_name IS NOT DISTINCT FROM f.qualified_name "
    "  AND g.file_path IS NOT DISTINCT FROM f.file_path AND g.line_number IS NOT DISTINCT FROM f.line_number GROUP BY f.id";
static const char FUNCTIONS_SQL[] =
    "INSERT INTO b.functions BY NAME SELECT f.* REPLACE (m.new AS id) FROM a.functions f JOIN memory.fmap m ON m.old = f.id "
    "WHERE m.there IS NULL ORDER BY m.new";
/* clang-format on */

/* Through the turnstile, as any other who opens a database: readers who come and go without a pause must not keep an import out. */
static int attach(struct store *s, const char *path, bool writes, const char *as, int wait_ms,
                  struct error *err)
{
    char sql[LIMIT_PATH_BYTES * 2 + 100];
    struct gate_turn turn;
    int ret;

    duck_quote_path(sql, sizeof(sql), "ATTACH '", path, as);
    gate_begin(&turn, path, writes, wait_ms);
    do {
        gate_wait(&turn);
        ret = store_run(s, s->main, sql, err);
    } while (ret == ERR_DATABASE_LOCKED && gate_again(&turn));
    gate_end(&turn);
    return ret;
}

/* Both must be of the schema that this program writes. */
static int check_version(struct store *s, const char *path, struct error *err)
{
    struct store_query query = {
        .sql =
            "SELECT version FROM a.schema_version ORDER BY list_transform(string_split(version, '.'), lambda x: x::INTEGER) DESC LIMIT 1"};
    struct rows *rows = NULL;
    int ret = store_query(s, &query, &rows, NULL);

    if (ret == 0)
        ret = rows_next(rows, NULL);
    if (ret <= 0) {
        ret = error_set(err, ERR_DATABASE_CORRUPT, "'%s' is not a database of breadcrumb", path);
        error_suggest(err, "name a file that `breadcrumb export` has made");
    } else if (strcmp(rows_text(rows, 0, NULL), store_schema_newest()) != 0) {
        ret = error_set(err, ERR_DATABASE_VERSION, "'%s' has schema %s, this breadcrumb writes %s",
                        path, rows_text(rows, 0, NULL), store_schema_newest());
        error_suggest(
            err, "an older one is brought up to date by: breadcrumb ingest --db-path '%s'", path);
    }
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

static int copy_table(struct store *s, const char *table, struct error *err)
{
    struct buf sql = BUF_INIT(4096), joins = BUF_INIT(4096);
    const char *const *columns = NULL;
    int ret;

    for (size_t i = 0; i < ARRAY_SIZE(TRANSLATED); i++)
        if (strcmp(TRANSLATED[i].table, table) == 0)
            columns = TRANSLATED[i].columns;
    buf_putf(&sql, "INSERT INTO b.%s BY NAME SELECT t.*", table);
    for (int i = 0; columns != NULL && i < MOST_TRANSLATED && columns[i] != NULL; i++) {
        buf_putf(&sql, "%sm%d.new AS %s", i == 0 ? " REPLACE (" : ", ", i, columns[i]);
        buf_putf(&joins, " LEFT JOIN memory.fmap m%d ON m%d.old = t.%s", i, i, columns[i]);
    }
    buf_putf(&sql, "%s FROM a.%s t%s WHERE t.trace_id IN (FROM memory.picked)",
             columns != NULL ? ")" : "", table, buf_text(&joins));
    ret = sql.failed || joins.failed ? error_set(err, ERR_FAILED, "memory is out")
                                     : store_run(s, s->main, buf_text(&sql), err);
    buf_release(&sql);
    buf_release(&joins);
    return ret;
}

static int copy_all(struct store *s, struct error *err)
{
    int ret;

    if ((ret = store_run(s, s->main, USED_SQL, err)) < 0 ||
        (ret = store_run(s, s->main, MAP_SQL, err)) < 0 || (ret = store_begin(s, err)) < 0)
        return ret;
    ret = store_run(s, s->main, FUNCTIONS_SQL, err);
    if (ret == 0)
        ret = store_run(
            s, s->main,
            "INSERT INTO b.traces BY NAME SELECT * FROM a.traces WHERE id IN (FROM memory.picked) "
            "ORDER BY started_at, id",
            err);
    for (size_t i = 0; ret == 0 && compact_tables[i] != NULL; i++)
        ret = copy_table(s, compact_tables[i], err);
    if (ret < 0) {
        store_rollback(s);
        return ret;
    }
    return store_commit(s, err);
}

static int tell(struct store *s, keep_each *each, void *ctx, struct keep_report *report,
                struct error *err)
{
    struct store_query query = {
        .sql =
            "SELECT id, started_at, command FROM a.traces WHERE id IN (FROM memory.picked) ORDER BY started_at, id"};
    struct rows *rows = NULL;
    int ret = store_query(s, &query, &rows, err);

    while (ret >= 0 && (ret = rows_next(rows, err)) > 0) {
        report->traces++;
        if (each != NULL)
            each(ctx, rows_text(rows, 0, NULL), rows_int(rows, 1), rows_text(rows, 2, NULL));
    }
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

static int transfer(struct store *s, const char *pick, keep_each *each, void *ctx,
                    struct keep_report *report, struct error *err)
{
    int ret = store_run(s, s->main, pick, err);

    if (ret == 0)
        ret = tell(s, each, ctx, report, err);
    if (ret == 0 && report->traces > 0)
        ret = copy_all(s, err);
    return ret;
}

/* Makes an empty database of our schema, or takes the one that is there. */
static int make(const char *path, int wait_ms, struct error *err)
{
    struct store *s = NULL;
    int ret = store_open(&s, path, STORE_WRITE, wait_ms, err);

    store_close(s);
    return ret;
}

int keep_export(const char *db_path, const char *ids, const char *file, int wait_ms,
                keep_each *each, void *ctx, struct keep_report *ret_report, struct error *err)
{
    struct keep_report report = {0};
    struct store *s = NULL;
    char *pick = NULL;
    int64_t running = 0;
    int ret;

    if (access(file, F_OK) == 0) {
        error_set(err, ERR_SYSTEM, "'%s' is there already", file);
        return error_suggest(err, "name a new file, or remove this one first");
    }
    if ((ret = make(file, wait_ms, err)) < 0 || (ret = store_open_scratch(&s, db_path, err)) < 0)
        goto out;
    if (asprintf(&pick, "CREATE TABLE memory.picked AS SELECT id FROM a.traces WHERE id IN %s",
                 ids) < 0) {
        pick = NULL;
        ret = error_set(err, ERR_FAILED, "memory is out");
        goto out;
    }
    if ((ret = attach(s, db_path, false, "' AS a (READ_ONLY)", wait_ms, err)) < 0 ||
        (ret = check_version(s, db_path, err)) < 0 ||
        (ret = attach(s, file, true, "' AS b", wait_ms, err)) < 0)
        goto out;
    ret = transfer(s, pick, each, ctx, &report, err);
    if (ret == 0)
        ret = store_query_int(s, "SELECT count(*) FROM b.traces WHERE status = 'running'", &running,
                              err);
    if (ret == 0 && running > 0) {
        error_set(err, ERR_USAGE, "the trace still runs");
        ret = error_suggest(err, "export it when it has ended");
    }
    if (ret == 0)
        ret = store_run(s, s->main, "CHECKPOINT b", err);
out:
    store_close(s);
    free(pick);
    if (ret < 0) {
        unlink(file);
    } else {
        report.bytes_after = keep_file_bytes(file);
        *ret_report = report;
    }
    return ret;
}

int keep_import(const char *db_path, const char *file, int wait_ms, keep_each *each, void *ctx,
                struct keep_report *ret_report, struct error *err)
{
    static const char PICK[] =
        "CREATE TABLE memory.picked AS SELECT id FROM a.traces WHERE id NOT IN (SELECT id FROM b.traces)";
    struct keep_report report = {.bytes_before = keep_file_bytes(db_path)};
    struct store *s = NULL;
    int64_t all = 0;
    int ret;

    /* The file must be sound before the database is made or locked. */
    if ((ret = store_open(&s, file, STORE_READ, wait_ms, err)) < 0)
        return ret;
    store_close(s);
    s = NULL;
    if ((ret = make(db_path, wait_ms, err)) < 0 ||
        (ret = store_open_scratch(&s, db_path, err)) < 0 ||
        (ret = attach(s, file, false, "' AS a (READ_ONLY)", wait_ms, err)) < 0 ||
        (ret = check_version(s, file, err)) < 0 ||
        (ret = attach(s, db_path, true, "' AS b", wait_ms, err)) < 0)
        goto out;
    ret = transfer(s, PICK, each, ctx, &report, err);
    if (ret == 0)
        ret = store_query_int(s, "SELECT count(*) FROM a.traces", &all, err);
    if (ret == 0)
        ret = store_run(s, s->main, "CHECKPOINT b", err);
out:
    store_close(s);
    if (ret == 0) {
        report.left_alone = all - report.traces;
        report.bytes_after = keep_file_bytes(db_path);
        *ret_report = report;
    }
    return ret;
}
