/*
 * testing.h - what the tests of this room share: a folder to write in, a process's folder in it. Included by
 * tests only, behind cmocka.h.
 */
#ifndef TRAIL_TESTING_H
#define TRAIL_TESTING_H

#include <unistd.h>

#include "base/io.h"
#include "trail/encode.h"
#include "trail/reader.h"
#include "trail/writer.h"

struct place {
    char run[64]; /* a fresh folder */
    struct trail_dir dir;
};

static inline void place_make(struct place *place)
{
    struct uuid id = uuid_make();

    snprintf(place->run, sizeof(place->run), "/tmp/breadcrumb-test-XXXXXX");
    assert_non_null(mkdtemp(place->run));
    assert_int_equal(trail_dir_open(&place->dir, place->run, &id, CLOCK_KIND_MONOTONIC, 0, 0x030d),
                     0);
}

static inline void place_release(struct place *place)
{
    trail_dir_close(&place->dir);
    assert_int_equal(io_remove_tree(place->run, NULL), 0);
}

/* Commits `SYNC` if one is due, then a RAISE (a record whose size one can choose) that carries `number` and `size` bytes of
 * text; rolls where needed. 0 or what the roll said. */
static inline int put_numbered(struct trail_stream *s, uint64_t number, size_t size)
{
    static const char TEXT[LIMIT_RECORD_BYTES];

    for (;;) {
        struct trail_out out = trail_stream_begin(s);
        int r;

        if (trail_stream_sync_due(s)) {
            struct trail_sync sync = {s->header, s->header->ticks, number - 1, 0, 0};

            trail_encode_sync(&out, 0, &sync);
            if (!out.overflow) {
                trail_stream_commit(s, &out);
                trail_stream_synced(s);
                continue;
            }
        } else {
            struct trail_raise raise = {.type = number, .message = TEXT, .message_len = size};

            trail_encode_raise(&out, 1, &raise);
            if (!out.overflow) {
                trail_stream_commit(s, &out);
                return 0;
            }
        }
        r = trail_stream_roll(s);
        if (r < 0)
            return r;
    }
}

/* How far a reader of numbered records has come. */
struct progress {
    uint32_t stream, index;
    uint64_t offset, units;
    uint64_t numbers;       /* read so far: 1, 2, 3 ... without a gap, or the test fails */
    enum trail_state state; /* of the last segment */
};

/* Reads what is there now, from segment to segment. */
static inline void read_numbered(const char *dir, struct progress *at)
{
    struct trail_segment seg;

    while (trail_segment_open(&seg, dir, at->stream, at->index) == TRAIL_OPENED) {
        uint64_t committed = trail_segment_committed(&seg, &at->state);
        struct trail_record r;
        struct trail_cursor c;
        int more;

        trail_cursor_init(&c, &seg, at->offset, at->units, committed, NULL);
        while ((more = trail_cursor_next(&c, &r)) == 1) {
            if (r.kind == TRAIL_RAISE) {
                assert_int_equal(r.type, at->numbers + 1);
                at->numbers++;
            } else {
                assert_int_equal(r.kind, TRAIL_SYNC);
                assert_int_equal(r.sync_last_call, at->numbers);
            }
        }
        assert_int_equal(more, 0);
        at->offset = (uint64_t)(c.p - c.base);
        at->units = c.units;
        trail_segment_close(&seg);
        if (at->state != TRAIL_SEALED)
            break;
        at->index++;
        at->offset = at->units = 0;
    }
}

#endif
