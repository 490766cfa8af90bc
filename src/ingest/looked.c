/* looked.c - see looked.h. */
#include "base/base.h"

#include "base/io.h"
#include "ingest/json.h"
#include "ingest/looked.h"
#include "trail/last_look.h"

#define LOOK_BYTES_MAX (4 * 1024 * 1024)

void looked_put(const struct trace *t, const struct looked_at *whose, struct buf *out)
{
    struct buf text = BUF_INIT(LOOK_BYTES_MAX);
    struct last_look look;
    char *run_dir = trace_run_dir(t);
    char *path = run_dir != NULL ? io_join(run_dir, LAST_LOOK) : NULL, *rest;
    const char *before = ",\"last_look\":[";

    if (path != NULL && io_exists(path))
        io_read_file(path, &text, NULL);
    free(path);
    free(run_dir);
    rest = text.len > 0 && !text.failed ? text.data : NULL;
    while (rest != NULL && last_look_next(&rest, &look)) {
        /* Another process may have had the number before. */
        if (look.pid != (int64_t)whose->pid || look.wall_ns < whose->began_ns)
            continue;
        buf_putf(out, "%s{\"thread_id\":%lld,\"at_ns\":%lld,\"busy\":%d,\"wakes\":%ld,\"doing\":",
                 before, (long long)look.tid, (long long)look.wall_ns, look.busy, look.wakes);
        json_text(out, look.doing);
        buf_puts(out, ",\"on\":");
        json_text(out, look.on);
        buf_puts(out, "}");
        before = ",";
    }
    if (before[1] == '\0')
        buf_puts(out, "]");
    buf_release(&text);
}
