/* store.c - see store.h: the door of src/ingest/open.h, with words for what stayed behind. */
#include "base/base.h"

#include "cli/store.h"
#include "ingest/open.h"

int cli_open(const char *path, struct opened *ret, struct error *err)
{
    struct ingest_report report = {0};
    struct opened opened = {.behind_bytes = -1, .behind_events = -1};
    int code = ingest_open(path, &opened.store, &report, err);

    *ret = opened;
    if (code == ERR_DATABASE_NOT_FOUND)
        return error_suggest(err, "to start tracing: breadcrumb run -t 60 python app.py; or name "
                                  "another database with --db-path"),
               code;
    if (code < 0)
        return code;
    ret->why_behind = ingest_why_behind(&report);
    ret->behind_bytes = (int64_t)report.behind_bytes;
    ret->behind_events = (int64_t)report.behind_events;
    return 0;
}

void opened_close(struct opened *opened)
{
    store_close(opened->store);
    free(opened->why_behind);
    opened->store = NULL;
    opened->why_behind = NULL;
}
