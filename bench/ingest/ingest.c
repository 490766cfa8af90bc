/*
 * ingest.c - what an ingest costs against a bare loop of DuckDB's appender over the same rows, ready in memory, with as many
 * threads; and what a call takes on disk. Both run again and again, in turns; the figures are medians.
 *
 *     ingest CALLS ROUNDS [check]
 */
#include "base/base.h"

#include "base/clock.h"
#include "base/io.h"
#include "ingest/ingest.h"
#include "ingest/testtrail.h"
#include "store/store.h"

#include <duckdb.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ROUNDS 50
#define THREADS 3 /* as an ingest has: one decodes, two insert */
#define TARGET_SHARE 0.60
#define TARGET_BYTES 16.0
#define TARGET_TRAIL_BYTES 14.0
#define TARGET_MIB 256.0

struct place {
    char dir[64], trails[96], run[112], db[96], bare[96];
};

struct cost {
    double wall, cpu;
};

static void die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static double seconds(clockid_t clock)
{
    return (double)clock_ns(clock) / 1e9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(const double *v, size_t n)
{
    double sorted[MAX_ROUNDS];

    memcpy(sorted, v, n * sizeof(*v));
    qsort(sorted, n, sizeof(*sorted), compare);
    return n % 2 != 0 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* ---- ours ------------------------------------------------------------------------------------- */

/* A recorder's units are 8 ticks of the CPU's counter, some 3 ns. */
#define TICK_SHIFT 2

/* main() calls f(int, int) -> int n times, with arguments that differ. */
static void write_trail(const struct place *place, long n)
{
    static const char *const names[] = {"a", "b"};
    struct testtrail *t = calloc(1, sizeof(*t));
    uint32_t caller, f;
    uint64_t seed = 1;

    if (t == NULL)
        die("memory is out");
    testtrail_open_units(t, place->run, TICK_SHIFT);
    caller = testtrail_code(t, "main", 0, 0, NULL);
    f = testtrail_code(t, "f", 0, 2, names);
    testtrail_call(t, 1, caller, 0);
    for (long i = 0; i < n; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        testtrail_tick(t, 100 + (seed >> 33) % 100);
        trail_put_int(testtrail_values(t), i);
        trail_put_int(&t->values, i * 7 % 1000003);
        testtrail_call(t, 1, f, 4);
        testtrail_tick(t, 40 + (seed >> 40) % 30);
        trail_put_int(testtrail_values(t), i + i * 7 % 1000003);
        testtrail_return(t, 1);
    }
    testtrail_return(t, 1);
    testtrail_finish(t, 0);
    free(t);
}

static struct cost run_ingest(const struct place *place)
{
    struct ingest_options options = {.wait_ms = 1000};
    struct ingest_report report;
    struct error err = {0};
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);

    unlink(place->db);
    if (ingest_run(place->db, place->trails, &options, &report, &err) < 0)
        die(err.message);
    return (struct cost){seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu};
}

/* ---- bare ------------------------------------------------------------------------------------- */

struct bare {
    duckdb_connection connection;
    duckdb_data_chunk *chunks; /* Borrowed */
    size_t n;
};

static void must_run(duckdb_connection c, const char *sql)
{
    duckdb_result result;

    if (duckdb_query(c, sql, &result) != DuckDBSuccess)
        die(duckdb_result_error(&result));
    duckdb_destroy_result(&result);
}

static void *append(void *arg)
{
    enum { CHUNKS_A_COMMIT = 488 }; /* a million rows */
    struct bare *b = arg;
    duckdb_appender appender = NULL;

    for (size_t i = 0; i < b->n; i++) {
        if (appender == NULL) {
            must_run(b->connection, "BEGIN");
            if (duckdb_appender_create(b->connection, NULL, "call_rows", &appender) !=
                DuckDBSuccess)
                die("no appender");
        }
        if (duckdb_append_data_chunk(appender, b->chunks[i]) != DuckDBSuccess)
            die(duckdb_appender_error(appender));
        if (i + 1 == b->n || i % CHUNKS_A_COMMIT == CHUNKS_A_COMMIT - 1) {
            if (duckdb_appender_destroy(&appender) != DuckDBSuccess)
                die("cannot append");
            must_run(b->connection, "COMMIT");
            appender = NULL;
        }
    }
    return NULL;
}

/* The rows of an ingested database, as chunks in memory. */
static duckdb_data_chunk *load_rows(const char *path, size_t *ret_n, char **ret_create)
{
    duckdb_data_chunk *chunks = NULL, chunk;
    duckdb_database db;
    duckdb_connection c;
    duckdb_result result;
    size_t n = 0;

    if (duckdb_open(path, &db) != DuckDBSuccess || duckdb_connect(db, &c) != DuckDBSuccess)
        die("cannot open the ingested database");
    /* DuckDB does not tell how a column is to be packed: the same is asked of it as in src/store. */
    if (duckdb_query(
            c,
            "SELECT regexp_replace(sql, '\\b(args|result) JSON', '\\1 JSON USING COMPRESSION zstd', 'g') "
            "FROM duckdb_tables() WHERE table_name = 'call_rows'",
            &result) != DuckDBSuccess)
        die(duckdb_result_error(&result));
    *ret_create = duckdb_value_varchar(&result, 0, 0);
    duckdb_destroy_result(&result);
    if (duckdb_query(c, "FROM call_rows", &result) != DuckDBSuccess)
        die(duckdb_result_error(&result));
    while ((chunk = duckdb_fetch_chunk(result)) != NULL) {
        if ((n & (n - 1)) == 0)
            chunks = realloc(chunks, (n > 0 ? n * 2 : 1) * sizeof(*chunks));
        chunks[n++] = chunk;
    }
    duckdb_destroy_result(&result);
    duckdb_disconnect(&c);
    duckdb_close(&db);
    *ret_n = n;
    return chunks;
}

/* Its file is as src/store makes one. */
static duckdb_database make_bare(const char *path)
{
    duckdb_config config;
    duckdb_database db;

    if (duckdb_create_config(&config) != DuckDBSuccess ||
        duckdb_set_config(config, "default_block_size", "65536") != DuckDBSuccess ||
        duckdb_set_config(config, "storage_compatibility_version", "v1.2.0") != DuckDBSuccess ||
        duckdb_open_ext(path, &db, config, NULL) != DuckDBSuccess)
        die("cannot make a bare database");
    duckdb_destroy_config(&config);
    return db;
}

static struct cost run_bare(const struct place *place, const char *create,
                            duckdb_data_chunk *chunks, size_t n)
{
    struct bare bare[THREADS];
    pthread_t threads[THREADS];
    duckdb_database db;
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);

    unlink(place->bare);
    db = make_bare(place->bare);
    for (size_t i = 0; i < THREADS; i++) {
        size_t from = n * i / THREADS;

        if (duckdb_connect(db, &bare[i].connection) != DuckDBSuccess)
            die("cannot connect");
        bare[i].chunks = chunks + from;
        bare[i].n = n * (i + 1) / THREADS - from;
        if (i == 0) {
            must_run(bare[i].connection, "SET threads = 2");
            must_run(bare[i].connection, create);
        }
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, append, &bare[i]);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        duckdb_disconnect(&bare[i].connection);
    }
    duckdb_close(&db);
    return (struct cost){seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu};
}

/* ---- both ------------------------------------------------------------------------------------- */

static double file_bytes(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

static double trail_bytes(const struct place *place)
{
    char command[256];
    double bytes = 0;
    FILE *p;

    snprintf(command, sizeof(command), "cat %s/*/thread-* | wc -c", place->run);
    p = popen(command, "r");
    if (p == NULL || fscanf(p, "%lf", &bytes) != 1)
        die("cannot measure the trail");
    pclose(p);
    return bytes;
}

/* The memory that one ingest takes at most, measured in a process of its own. */
static double ingest_memory(const struct place *place)
{
    struct rusage usage;
    pid_t pid = fork();

    if (pid == 0) {
        run_ingest(place);
        _exit(0);
    }
    wait4(pid, NULL, 0, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/* A line for bench/page.py, where it has asked for them. */
static void tell(const char *what, double value, double limit, bool at_least)
{
    const char *path = getenv("BREADCRUMB_BENCH_TARGETS");
    FILE *file = path != NULL ? fopen(path, "ae") : NULL;

    if (file == NULL)
        return;
    fprintf(file, "{\"what\": \"%s\", \"value\": %.3f, \"limit\": %g, \"at_least\": %s}\n", what,
            value, limit, at_least ? "true" : "false");
    fclose(file);
}

int main(int argc, char **argv)
{
    struct place place;
    double ours[MAX_ROUNDS], ours_cpu[MAX_ROUNDS], bare[MAX_ROUNDS], bare_cpu[MAX_ROUNDS];
    long calls = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 5;
    bool check = argc > 3;
    duckdb_data_chunk *chunks;
    double share, bytes, trail, memory;
    char *create = NULL;
    size_t n = 0;

    if (calls < 1 || rounds < 1 || rounds > MAX_ROUNDS)
        die("usage: ingest CALLS ROUNDS [check]");
    snprintf(place.dir, sizeof(place.dir), "/tmp/breadcrumb-bench-XXXXXX");
    if (mkdtemp(place.dir) == NULL)
        die("cannot make a folder in /tmp");
    snprintf(place.trails, sizeof(place.trails), "%s/trails", place.dir);
    snprintf(place.run, sizeof(place.run), "%s/run", place.trails);
    snprintf(place.db, sizeof(place.db), "%s/traces.duckdb", place.dir);
    snprintf(place.bare, sizeof(place.bare), "%s/bare.duckdb", place.dir);
    if (io_make_dirs(place.run, 0700, NULL) < 0)
        die("cannot make a folder in /tmp");
    write_trail(&place, calls);
    memory = ingest_memory(&place); /* before this process is full of rows */
    run_ingest(&place);
    bytes = file_bytes(place.db) / (double)calls;
    chunks = load_rows(place.db, &n, &create);
    for (long i = 0; i < rounds; i++) {
        struct cost c = run_ingest(&place);

        ours[i] = (double)calls / c.wall;
        ours_cpu[i] = c.cpu / (double)calls * 1e9;
        c = run_bare(&place, create, chunks, n);
        bare[i] = (double)calls / c.wall;
        bare_cpu[i] = c.cpu / (double)calls * 1e9;
    }
    share = median(ours, (size_t)rounds) / median(bare, (size_t)rounds);
    printf("%ld calls of f(int, int) -> int, %ld rounds in turns, medians\n", calls, rounds);
    printf("%-34s %12s %12s\n", "", "rows/s", "CPU ns/row");
    printf("%-34s %12.0f %12.0f\n", "ingest (3 threads)", median(ours, (size_t)rounds),
           median(ours_cpu, (size_t)rounds));
    printf("%-34s %12.0f %12.0f\n", "bare appender (3 threads)", median(bare, (size_t)rounds),
           median(bare_cpu, (size_t)rounds));
    printf("%-34s %11.0f%%   (at least %.0f%%)\n", "share of the bare appender", share * 100,
           TARGET_SHARE * 100);
    printf("%-34s %12.1f   (at most %.0f)\n", "bytes a call, store", bytes, TARGET_BYTES);
    trail = trail_bytes(&place) / (double)calls;
    printf("%-34s %12.1f   (at most %.0f)\n", "bytes a call, trail", trail, TARGET_TRAIL_BYTES);
    printf("%-34s %12.0f   (at most %.0f)\n", "memory of an ingest, MiB", memory, TARGET_MIB);
    tell("ingest: share of the bare appender's rows/s", share, TARGET_SHARE, true);
    tell("bytes a call of f(int, int) -> int, store", bytes, TARGET_BYTES, false);
    tell("bytes a call of f(int, int) -> int, trail", trail, TARGET_TRAIL_BYTES, false);
    tell("ingest: memory, MiB", memory, TARGET_MIB, false);
    io_remove_tree(place.dir, NULL);
    return check && (share < TARGET_SHARE || bytes > TARGET_BYTES || trail > TARGET_TRAIL_BYTES ||
                     memory > TARGET_MIB);
}
