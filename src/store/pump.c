/* pump.c - see pump.h. */
#include "base/base.h"

#include "store/pump.h"

#include <pthread.h>

struct pump {
    duckdb_connection connection; /* Borrowed */
    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    struct lane *lanes[64]; /* Borrowed: those that are open */
    size_t nlanes;
    struct lane *active; /* whose insert runs */
    int paused;
    bool stopping;
    char *failure; /* Owned */
};

/* What one of DuckDB's threads has taken last: its rows are in use until it comes for more. */
struct taker {
    struct lane *lane;
    struct chunk *held;
};

/* ---- feeding, in DuckDB's threads --------------------------------------------------------------- */

static void feed_bind(duckdb_bind_info info)
{
    struct pump *p = duckdb_bind_get_extra_info(info);
    char name[32];

    for (size_t i = 0; i < p->active->ncolumns; i++) {
        snprintf(name, sizeof(name), "c%zu", i);
        duckdb_bind_add_result_column(info, name, p->active->types[i]);
    }
}

static void feed_init(duckdb_init_info info)
{
    duckdb_init_set_max_threads(info, PUMP_CHUNKS / 2);
}

static void give_back(struct taker *taker)
{
    if (taker->held != NULL) {
        taker->lane->free[taker->lane->nfree++] = taker->held;
        taker->held = NULL;
        pthread_cond_broadcast(&taker->lane->pump->changed);
    }
}

static void taker_free(void *data)
{
    struct taker *taker = data;
    struct pump *p = taker->lane->pump;

    pthread_mutex_lock(&p->lock);
    give_back(taker);
    pthread_mutex_unlock(&p->lock);
    free(taker);
}

static void feed_local_init(duckdb_init_info info)
{
    struct pump *p = duckdb_init_get_extra_info(info);
    struct taker *taker = calloc(1, sizeof(*taker));

    if (taker == NULL) {
        duckdb_init_set_error(info, "Out of Memory Error: memory is out");
        return;
    }
    taker->lane = p->active;
    duckdb_init_set_init_data(info, taker, taker_free);
}

/* Must the running insert come to its end? Under the lock. */
static bool should_end(const struct pump *p, const struct lane *lane)
{
    if (p->paused > 0 || p->stopping || lane->closing)
        return true;
    for (size_t i = 0; i < p->nlanes; i++) {
        if (p->lanes[i] != lane && p->lanes[i]->blocked)
            return true;
    }
    return false;
}

static struct chunk *next_ready(struct lane *lane)
{
    struct chunk *c = lane->ready[lane->first_ready];

    lane->first_ready = (lane->first_ready + 1) % PUMP_CHUNKS;
    lane->nready--;
    return c;
}

static void feed(duckdb_function_info info, duckdb_data_chunk out)
{
    struct taker *taker = duckdb_function_get_local_init_data(info);
    struct lane *lane = taker->lane;
    struct pump *p = lane->pump;

    pthread_mutex_lock(&p->lock);
    give_back(taker);
    while (lane->nready == 0 && !should_end(p, lane))
        pthread_cond_wait(&p->changed, &p->lock);
    if (lane->nready > 0)
        taker->held = next_ready(lane);
    pthread_mutex_unlock(&p->lock);
    if (taker->held == NULL) {
        duckdb_data_chunk_set_size(out, 0);
        return;
    }
    for (size_t i = 0; i < lane->ncolumns; i++)
        duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(out, i),
                                       taker->held->vectors[i]);
    duckdb_data_chunk_set_size(out, duckdb_data_chunk_get_size(taker->held->data));
}

static bool register_feed(struct pump *p)
{
    duckdb_table_function f = duckdb_create_table_function();
    duckdb_state state;

    duckdb_table_function_set_name(f, "breadcrumb_feed");
    duckdb_table_function_set_extra_info(f, p, NULL);
    duckdb_table_function_set_bind(f, feed_bind);
    duckdb_table_function_set_init(f, feed_init);
    duckdb_table_function_set_local_init(f, feed_local_init);
    duckdb_table_function_set_function(f, feed);
    state = duckdb_register_table_function(p->connection, f);
    duckdb_destroy_table_function(&f);
    return state == DuckDBSuccess;
}

/* ---- inserting, in the pump's thread ------------------------------------------------------------ */

static void insert(struct pump *p, struct lane *lane)
{
    duckdb_result result;
    char sql[128];

    snprintf(sql, sizeof(sql), "INSERT INTO %s SELECT * FROM breadcrumb_feed()", lane->table);
    if (duckdb_query(p->connection, sql, &result) != DuckDBSuccess) {
        const char *says = duckdb_result_error(&result);

        pthread_mutex_lock(&p->lock);
        if (p->failure == NULL)
            p->failure = strdup(says != NULL ? says : "unknown error");
        pthread_mutex_unlock(&p->lock);
    }
    duckdb_destroy_result(&result);
}

/* The lane that needs it most: one that holds the caller up, else the fullest. Under the lock. */
static struct lane *choose(struct pump *p)
{
    struct lane *best = NULL;

    for (size_t i = 0; i < p->nlanes; i++) {
        struct lane *lane = p->lanes[i];

        if (lane->nready == 0)
            continue;
        if (lane->blocked)
            return lane;
        if (best == NULL || lane->nready > best->nready)
            best = lane;
    }
    return best;
}

static void *run(void *arg)
{
    struct pump *p = arg;

    pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        struct lane *lane = p->paused == 0 && p->failure == NULL ? choose(p) : NULL;

        if (lane == NULL) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        p->active = lane;
        pthread_mutex_unlock(&p->lock);
        insert(p, lane);
        pthread_mutex_lock(&p->lock);
        p->active = NULL;
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- the pump ----------------------------------------------------------------------------------- */

struct pump *pump_new(duckdb_connection connection)
{
    struct pump *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->connection = connection;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    if (!register_feed(p)) {
        pump_free(p);
        return NULL;
    }
    return p;
}

void pump_free(struct pump *pump)
{
    if (pump == NULL)
        return;
    pthread_mutex_lock(&pump->lock);
    pump->stopping = true;
    pthread_cond_broadcast(&pump->changed);
    pthread_mutex_unlock(&pump->lock);
    if (pump->thread_runs)
        pthread_join(pump->thread, NULL);
    pthread_cond_destroy(&pump->changed);
    pthread_mutex_destroy(&pump->lock);
    free(pump->failure);
    free(pump);
}

void pump_pause(struct pump *pump)
{
    pthread_mutex_lock(&pump->lock);
    pump->paused++;
    pthread_cond_broadcast(&pump->changed);
    while (pump->active != NULL)
        pthread_cond_wait(&pump->changed, &pump->lock);
    pthread_mutex_unlock(&pump->lock);
}

void pump_resume(struct pump *pump)
{
    pthread_mutex_lock(&pump->lock);
    pump->paused--;
    pthread_cond_broadcast(&pump->changed);
    pthread_mutex_unlock(&pump->lock);
}

const char *pump_failure(struct pump *pump)
{
    const char *failure;

    pthread_mutex_lock(&pump->lock);
    failure = pump->failure;
    pthread_mutex_unlock(&pump->lock);
    return failure;
}

void pump_forget(struct pump *pump)
{
    pthread_mutex_lock(&pump->lock);
    free(pump->failure);
    pump->failure = NULL;
    pthread_mutex_unlock(&pump->lock);
}

/* ---- lanes -------------------------------------------------------------------------------------- */

int lane_open(struct lane *lane, struct pump *pump, const char *table, struct error *err)
{
    duckdb_result result;
    char sql[128];
    int ret = 0;

    *lane = (struct lane){.pump = pump, .table = table};
    snprintf(sql, sizeof(sql), "SELECT * FROM %s LIMIT 0", table);
    pump_pause(pump);
    if (duckdb_query(pump->connection, sql, &result) != DuckDBSuccess) {
        ret = error_set(err, ERR_FAILED, "cannot write to the table '%s': %s", table,
                        duckdb_result_error(&result));
    } else {
        size_t n = duckdb_column_count(&result);

        if (n > PUMP_COLUMNS)
            ret = error_set(err, ERR_FAILED, "the table '%s' has too many columns", table);
        for (size_t i = 0; ret == 0 && i < n; i++)
            lane->types[lane->ncolumns++] = duckdb_column_logical_type(&result, i);
    }
    duckdb_destroy_result(&result);
    pump_resume(pump);
    if (ret < 0)
        return ret;
    pthread_mutex_lock(&pump->lock);
    if (pump->nlanes < sizeof(pump->lanes) / sizeof(pump->lanes[0]))
        pump->lanes[pump->nlanes++] = lane;
    else
        ret = error_set(err, ERR_FAILED, "more than %zu batches are open", pump->nlanes);
    pthread_mutex_unlock(&pump->lock);
    return ret;
}

void lane_release(struct lane *lane)
{
    struct pump *p = lane->pump;

    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    lane->nready = 0;
    lane->closing = true;
    pthread_cond_broadcast(&p->changed);
    while (p->active == lane)
        pthread_cond_wait(&p->changed, &p->lock);
    for (size_t i = 0; i < p->nlanes; i++) {
        if (p->lanes[i] == lane)
            p->lanes[i--] = p->lanes[--p->nlanes];
    }
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < lane->nchunks; i++)
        duckdb_destroy_data_chunk(&lane->chunks[i].data);
    for (size_t i = 0; i < lane->ncolumns; i++)
        duckdb_destroy_logical_type(&lane->types[i]);
    lane->pump = NULL;
}

static struct chunk *make_chunk(struct lane *lane)
{
    struct chunk *c = &lane->chunks[lane->nchunks];

    c->data = duckdb_create_data_chunk(lane->types, lane->ncolumns);
    if (c->data == NULL)
        return NULL;
    lane->nchunks++;
    return c;
}

static void make_empty(struct lane *lane, struct chunk *c)
{
    duckdb_data_chunk_reset(c->data);
    c->text_bytes = 0;
    for (size_t i = 0; i < lane->ncolumns; i++) {
        c->vectors[i] = duckdb_data_chunk_get_vector(c->data, i);
        c->cells[i] = duckdb_vector_get_data(c->vectors[i]);
        duckdb_vector_ensure_validity_writable(c->vectors[i]);
        c->validity[i] = duckdb_vector_get_validity(c->vectors[i]);
        memset(c->validity[i], 0xff, duckdb_vector_size() / 8);
    }
}

struct chunk *lane_take(struct lane *lane)
{
    struct pump *p = lane->pump;
    struct chunk *c = NULL;

    pthread_mutex_lock(&p->lock);
    if (lane->nfree == 0 && lane->nchunks < PUMP_CHUNKS)
        c = make_chunk(lane);
    if (c == NULL && lane->nfree == 0 && lane->nready == 0 && p->active != lane &&
        p->failure == NULL)
        p->failure = strdup("Out of Memory Error: memory is out"); /* nothing will come back */
    while (c == NULL && p->failure == NULL) {
        if (lane->nfree > 0) {
            c = lane->free[--lane->nfree];
        } else {
            lane->blocked = true;
            pthread_cond_broadcast(&p->changed);
            pthread_cond_wait(&p->changed, &p->lock);
        }
    }
    lane->blocked = false;
    pthread_mutex_unlock(&p->lock);
    if (c != NULL)
        make_empty(lane, c);
    return c;
}

void lane_give(struct lane *lane, struct chunk *chunk)
{
    struct pump *p = lane->pump;

    pthread_mutex_lock(&p->lock);
    lane->used = true;
    lane->ready[(lane->first_ready + lane->nready++) % PUMP_CHUNKS] = chunk;
    if (!p->thread_runs && pthread_create(&p->thread, NULL, run, p) == 0)
        p->thread_runs = true;
    if (!p->thread_runs && p->failure == NULL)
        p->failure = strdup("cannot start a thread");
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

bool lane_finish(struct lane *lane)
{
    struct pump *p = lane->pump;
    bool fine;

    pthread_mutex_lock(&p->lock);
    lane->closing = true;
    lane->blocked = true; /* it holds the caller up: others make way */
    pthread_cond_broadcast(&p->changed);
    while (p->failure == NULL && (lane->nready > 0 || p->active == lane))
        pthread_cond_wait(&p->changed, &p->lock);
    while (p->active == lane)
        pthread_cond_wait(&p->changed, &p->lock);
    lane->blocked = false;
    fine = p->failure == NULL;
    pthread_mutex_unlock(&p->lock);
    return fine;
}
