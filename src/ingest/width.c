/* width.c - see width.h. */
#include "base/base.h"

#include "ingest/width.h"
#include "trail/reader.h"

struct width {
    const char *dir;
    uint64_t bytes, calls;
};

/* The SYNC at a segment's start tells how many calls the thread had made by then. */
static bool look(const char *dir, uint32_t stream, uint32_t index, uint64_t *ret_calls,
                 uint64_t *ret_size)
{
    static const struct trail_arity none = {NULL, 0};
    struct trail_segment seg;
    struct trail_cursor cursor;
    struct trail_record record;
    enum trail_state state;
    bool ok;

    if (trail_segment_open(&seg, dir, stream, index) != TRAIL_OPENED)
        return false;
    trail_cursor_init(&cursor, &seg, seg.header->header_size, 0,
                      trail_segment_committed(&seg, &state), &none);
    ok = trail_cursor_next(&cursor, &record) == 1 && record.kind == TRAIL_SYNC;
    *ret_calls = ok ? record.sync_last_call : 0;
    *ret_size = seg.size;
    trail_segment_close(&seg);
    return ok;
}

static int add_stream(void *ctx, uint32_t stream, uint32_t first, uint32_t last, uint64_t bytes)
{
    struct width *w = ctx;
    uint64_t before, after, size;

    if (stream != 0 && last > first && look(w->dir, stream, first, &before, &size) &&
        look(w->dir, stream, last, &after, &size) && after > before && bytes > size) {
        w->calls += after - before;
        w->bytes += bytes - size;
    }
    return 0;
}

uint64_t width_of_calls(const struct scan *scan)
{
    struct width w = {0};

    for (size_t i = 0; i < scan->nprocesses; i++) {
        w.dir = scan->processes[i].dir;
        trail_dir_streams(w.dir, add_stream, &w);
    }
    return w.calls > 0 ? w.bytes / w.calls : 0;
}
