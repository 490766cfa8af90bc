/* store.c - see store.h: the door of src/ingest/open.h, with words for what stayed behind. */
#include "base/base.h"

#include "base/buf.h"
#include "cli/store.h"
#include "ingest/open.h"

#define NOTE_BYTES (LIMIT_ERROR_BYTES + 200)

/* 12,400 */
static void put_thousands(struct buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

    for (int i = 0; i < len; i++) {
        buf_putc(out, digits[i]);
        if ((len - i) % 3 == 1 && i + 1 < len)
            buf_putc(out, ',');
    }
}

/* NULL when there is nothing to say, or no memory to say it. */
static char *note_of(const struct ingest_report *report)
{
    struct buf note = BUF_INIT(NOTE_BYTES);

    if (report->failure.code == 0)
        return NULL;
    if (report->behind_events > 0) {
        put_thousands(&note, report->behind_events);
        buf_puts(&note, " events not yet ingested: ");
    } else {
        buf_puts(&note, "the latest events are not yet ingested: ");
    }
    buf_puts(&note, report->locked ? "another query is running" : report->failure.message);
    return buf_detach(&note);
}

int cli_open(const char *path, struct opened *ret, struct error *err)
{
    struct ingest_report report = {0};
    struct opened opened = {.behind_bytes = -1, .behind_events = -1};
    int code = ingest_open(path, &opened.store, &report, err);

    if (code == 0) {
        opened.note = note_of(&report);
        opened.behind_bytes = (int64_t)report.behind_bytes;
        opened.behind_events = (int64_t)report.behind_events;
    }
    *ret = opened;
    return code;
}

void opened_close(struct opened *opened)
{
    store_close(opened->store);
    free(opened->note);
    opened->store = NULL;
    opened->note = NULL;
}
