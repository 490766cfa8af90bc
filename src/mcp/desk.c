/* desk.c - see desk.h. */
#include "base/base.h"

#include "ingest/open.h"
#include "mcp/desk.h"

#include <time.h>

#define LET_OTHERS_IN_NS \
    30000000 /* a writer that waits looks every 20 ms whether the store is free */

/* For the signal handler: the store that may be interrupted. */
static struct store *open_store;

static int take_in(struct desk *desk, const char *path, struct error *err)
{
    struct ingest_report report = {0};
    int ret = ingest_open(path, &desk->store, &report, err);

    if (ret < 0 || report.failure.code == 0)
        return ret;
    desk->behind = ingest_why_behind(&report);
    desk->behind_events = (int64_t)report.behind_events;
    return 0;
}

int desk_open(struct desk *desk, bool fresh, struct error *err)
{
    struct timespec pause = {0, LET_OTHERS_IN_NS};
    char *path;
    int ret = ERR_FAILED;

    if (desk->store != NULL && !fresh)
        return 0;
    if (desk->store != NULL) {
        desk_close(desk);
        nanosleep(&pause, NULL);
    }
    path = desk->options->database(desk->options->ctx, err);
    if (path == NULL)
        return err != NULL ? err->code : ret;
    if (!fresh)
        ret = store_open(&desk->store, path, STORE_READ, INGEST_READ_WAIT_MS, err);
    if (fresh || ret == ERR_DATABASE_NOT_FOUND)
        ret = take_in(desk, path, err);
    free(path);
    if (ret == 0)
        __atomic_store_n(&open_store, desk->store, __ATOMIC_RELEASE);
    return ret;
}

void desk_close(struct desk *desk)
{
    __atomic_store_n(&open_store, NULL, __ATOMIC_RELEASE);
    store_close(desk->store);
    free(desk->behind);
    desk->store = NULL;
    desk->behind = NULL;
    desk->behind_events = 0;
}

bool desk_interrupt(void)
{
    struct store *store = __atomic_load_n(&open_store, __ATOMIC_ACQUIRE);

    if (store != NULL)
        store_interrupt(store);
    return store != NULL;
}
