/* ingest.c - see ingest.h: the transactions of one ingest. */
#include "base/base.h"

#include "base/io.h"
#include "base/limits.h"
#include "ingest/ingest.h"
#include "ingest/process.h"
#include "ingest/traces.h"
#include "ingest/width.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RUN_FORGOTTEN_S \
    (24 * 3600) /* an empty run's folder that nobody has cleared away goes after this long */

struct ingest {
    const struct ingest_options *options;
    const char *trails_dir;
    struct store *store; /* Owned */
    struct sink sink;
    struct functions functions;
    struct scan scan;
    struct doomed doomed;
    struct ingest_report report;
    uint64_t batch_rows;
};

/* Commits what there is, lets go of what is not needed any more. */
static int commit(struct ingest *in, struct error *err)
{
    uint64_t rows = in->sink.rows;
    int ret = sink_commit(&in->sink, err);

    if (ret < 0)
        return ret;
    in->report.rows += rows;
    if (in->options->delete_consumed)
        doomed_remove_all(&in->doomed);
    return 0;
}

static int ingest_process(struct ingest *in, const struct scan_process *where, struct error *err)
{
    struct trace *t = NULL;
    bool more;
    int ret = process_open(&t, where, &in->sink, &in->functions, &in->report, err);

    if (ret < 0 || t == NULL)
        return ret;
    do {
        more = process_step(t, in->batch_rows);
        process_save(t);
        process_doom(t, &in->doomed);
        if (!more && !sink_is_full(&in->sink, in->batch_rows) && in->sink.code == 0)
            break;
        if ((ret = commit(in, err)) < 0)
            break;
        in->report.more = in->options->one_batch;
        if (in->report.more || (ret = sink_begin(&in->sink, in->store, err)) < 0)
            break;
    } while (more);
    if (ret == 0) {
        in->report.events += t->events;
        in->report.bytes += t->bytes;
        in->report.losses += t->lost;
        in->report.traces += t->events > 0;
    }
    process_close(t);
    return ret;
}

/* ---- folders of runs -------------------------------------------------------------------------- */

static bool is_empty_run(const char *dir)
{
    struct scan scan;
    bool empty;

    if (scan_trails(&scan, dir, NULL, ".", NULL) < 0)
        return false;
    empty = scan.nprocesses == 0;
    scan_release(&scan);
    return empty;
}

static bool is_forgotten(const char *dir)
{
    struct stat st;

    return stat(dir, &st) == 0 && time(NULL) - st.st_mtime > RUN_FORGOTTEN_S;
}

/*
 * The folder of a run goes when it is known to be over, or has been empty for a day: a process of it may start at any
 * time, and needs the settings there.
 */
static void remove_run(struct ingest *in, const char *run)
{
    const struct ingest_options *o = in->options;
    char *dir = io_join(in->trails_dir, run);

    if (dir != NULL && o->delete_consumed && (o->run_over || is_forgotten(dir)) &&
        is_empty_run(dir))
        io_remove_tree(dir, NULL);
    free(dir);
}

static void apply_exits(struct ingest *in)
{
    for (size_t i = 0; i < in->scan.nruns; i++) {
        char *dir = io_join(in->trails_dir, in->scan.runs[i]);

        if (dir != NULL)
            traces_apply_exits(&in->sink, dir, in->scan.runs[i]);
        free(dir);
    }
}

/* ---- all of it -------------------------------------------------------------------------------- */

static int run(struct ingest *in, struct error *err)
{
    int ret;

    if ((ret = sink_begin(&in->sink, in->store, err)) < 0)
        return ret;
    for (size_t i = 0; i < in->scan.nprocesses; i++) {
        if ((ret = ingest_process(in, &in->scan.processes[i], err)) < 0 || in->report.more)
            return ret;
    }
    sink_flush(&in->sink); /* the rows of `traces` among others */
    apply_exits(in);
    forks_drop_doubles(&in->sink);
    traces_link_parents(&in->sink);
    if ((ret = commit(in, err)) < 0)
        return ret;
    for (size_t i = 0; i < in->scan.nruns; i++)
        remove_run(in, in->scan.runs[i]);
    return 0;
}

static void start_again(struct ingest *in)
{
    sink_abort(&in->sink);
    functions_release(&in->functions); /* numbers given in the transaction are gone */
    doomed_release(&in->doomed);       /* and what it had taken in is still needed */
}

int ingest_run(const char *db_path, const char *trails_dir, const struct ingest_options *options,
               struct ingest_report *ret_report, struct error *err)
{
    struct ingest in = {.options = options, .trails_dir = trails_dir};
    enum store_mode mode;
    int ret;

    in.batch_rows = options->batch_rows > 0 ? options->batch_rows : LIMIT_INGEST_ROWS;
    if ((ret = scan_trails(&in.scan, trails_dir, db_path, options->only_run, err)) < 0)
        return ret;
    mode = width_of_calls(&in.scan) >= LIMIT_STORE_WIDE_BYTES ? STORE_WRITE_WIDE : STORE_WRITE;
    if ((ret = store_open(&in.store, db_path, mode, options->wait_ms, err)) < 0)
        goto out;
    ret = run(&in, err);
    if (ret ==
        ERR_FAILED) { /* memory, most likely: an ingest that can never succeed would be the worst of all */
        start_again(&in);
        if ((ret = store_set_memory(in.store, LIMIT_STORE_RETRY_MB, err)) == 0)
            ret = run(&in, err);
    }
    if (ret < 0)
        goto out;
    *ret_report = in.report;
out:
    sink_abort(&in.sink);
    store_close(in.store);
    functions_release(&in.functions);
    doomed_release(&in.doomed);
    scan_release(&in.scan);
    return ret;
}
