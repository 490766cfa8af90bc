/* open.c - see open.h. */
#include "base/base.h"

#include "base/io.h"
#include "ingest/behind.h"
#include "ingest/open.h"

char *ingest_trails_dir(const char *db_path)
{
    const char *slash = strrchr(db_path, '/');
    char *folder, *trails;

    if (slash == NULL)
        return strdup("trails");
    folder = strndup(db_path, (size_t)(slash - db_path));
    if (folder == NULL)
        return NULL;
    trails = io_join(folder[0] != '\0' ? folder : "/", "trails");
    free(folder);
    return trails;
}

char *ingest_why_behind(const struct ingest_report *report)
{
    if (report->failure.code == 0)
        return NULL;
    return strdup(report->locked ? "another query is running" : report->failure.message);
}

/* Opens the store if it is there; *ret_store stays NULL when there is none yet. */
static int open_if_there(const char *db_path, struct store **ret_store, struct error *err)
{
    int ret = store_open(ret_store, db_path, STORE_READ, INGEST_READ_WAIT_MS, err);

    return ret == ERR_DATABASE_NOT_FOUND && !io_exists(db_path) ? 0 : ret;
}

/* Trails that are not ours to read, beside a database that is: it is answered from what is stored. */
static int find_trails(struct scan *scan, const char *trails, const char *db_path,
                       struct ingest_report *report, struct error *err)
{
    int ret = scan_trails(scan, trails, db_path, NULL, &report->failure);

    if (ret == 0 || io_exists(db_path))
        return 0;
    if (err != NULL)
        *err = report->failure;
    return ret;
}

/* Takes the trails in. What goes wrong is noted, not returned: the question is answered from what is stored. */
static void take_in(const char *db_path, const char *trails, struct ingest_report *report)
{
    struct ingest_options options = {.wait_ms = INGEST_GIVE_WAY_MS, .delete_consumed = true};
    struct error failure = {0};

    if (ingest_run(db_path, trails, &options, report, &failure) < 0) {
        *report = (struct ingest_report){.locked = failure.code == ERR_DATABASE_LOCKED};
        report->failure = failure;
    }
}

int ingest_open(const char *db_path, struct store **ret_store, struct ingest_report *ret_report,
                struct error *err)
{
    struct ingest_report report = {0};
    struct store *store = NULL;
    struct behind behind = {0};
    struct scan scan = {0};
    char *trails = ingest_trails_dir(db_path);
    int ret;

    if (trails == NULL)
        return error_set(err, ERR_FAILED, "memory is out");
    if ((ret = find_trails(&scan, trails, db_path, &report, err)) < 0)
        goto out;
    if ((ret = open_if_there(db_path, &store, err)) < 0 ||
        (ret = behind_look(&scan, store, false, &behind, err)) < 0)
        goto out;
    if (behind.bytes > 0 || behind.ended > 0 || behind.begun > 0) {
        store_close(store);
        store = NULL;
        take_in(db_path, trails, &report);
    }
    if (store == NULL &&
        (ret = store_open(&store, db_path, STORE_READ, INGEST_READ_WAIT_MS, err)) < 0) {
        if (report.failure.code != 0 &&
            ret == ERR_DATABASE_NOT_FOUND) /* why it could not be made says more */
            ret = err != NULL ? (*err = report.failure).code : report.failure.code;
        goto out;
    }
    if (report.failure.code != 0) {
        if ((ret = behind_look(&scan, store, true, &behind, err)) < 0)
            goto out;
        report.behind_bytes = behind.bytes;
        report.behind_events = behind.events;
    }
    *ret_report = report;
    *ret_store = store;
    store = NULL;
    ret = 0;
out:
    store_close(store);
    scan_release(&scan);
    free(trails);
    return ret;
}
