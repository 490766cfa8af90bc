/* damage_test.c - a stream's files cut at every byte, with bytes flipped, with pages lost: what is readable is read, nothing is
 * invented, what is not is counted. */
#include "base/base.h"

#include <setjmp.h>

#include <cmocka.h>

#include "trail/sample.h"
#include "trail/testing.h"

#include <sys/stat.h>

#define SEGMENTS 2
#define RECORDS_MAX 20000
#define FLIP_ROUNDS 3000

/* A real stream of two segments, and where each of its records begins. */
static struct {
    struct place place;
    uint8_t *bytes[SEGMENTS]; /* the files' content, 8-byte aligned */
    size_t size[SEGMENTS];
    size_t starts[SEGMENTS][RECORDS_MAX];
    bool is_sync[SEGMENTS][RECORDS_MAX];
    size_t n[SEGMENTS]; /* records; starts[n] is the end of the last */
} real;

static void put_sample(struct trail_stream *s, struct sample *random)
{
    struct trail_record r;
    bool sync = trail_stream_sync_due(s);

    do
        sample_record(random, &r);
    while ((r.kind == TRAIL_SYNC) != sync);
    for (;;) {
        struct trail_out out = trail_stream_begin(s);

        sample_put_record(&out, s->header, sample_below(random, 1000), &r);
        if (!out.overflow) {
            trail_stream_commit(s, &out);
            if (sync)
                trail_stream_synced(s);
            return;
        }
        assert_int_equal(trail_stream_roll(s), 0);
        if (!sync) { /* each segment begins with one */
            put_sample(s, random);
            return;
        }
    }
}

static void note_starts(unsigned i)
{
    struct trail_segment seg;
    struct trail_record r;
    struct trail_cursor c;
    size_t n = 0;

    assert_int_equal(trail_segment_wrap(&seg, real.bytes[i], real.size[i]), TRAIL_OPENED);
    trail_cursor_init(&c, &seg, 0, 0, trail_segment_committed(&seg, NULL), sample_arity());
    for (;;) {
        int got;

        real.starts[i][n] = (size_t)(c.p - c.base);
        got = trail_cursor_next(&c, &r);
        assert_true(got >= 0);
        if (got == 0)
            break;
        real.is_sync[i][n] = r.kind == TRAIL_SYNC;
        assert_true(++n < RECORDS_MAX);
    }
    real.n[i] = n;
}

static int make_real_stream(void **state)
{
    static struct sample random = SAMPLE_INIT(31);
    struct trail_stream s;

    (void)state;
    place_make(&real.place);
    assert_int_equal(trail_stream_open(&s, &real.place.dir, 1, 1), 0);
    while (s.index < SEGMENTS - 1 || trail_stream_committed(&s) < 70000)
        put_sample(&s, &random);
    trail_stream_close(&s, true);
    for (unsigned i = 0; i < SEGMENTS; i++) {
        struct trail_segment seg;

        assert_int_equal(trail_segment_open(&seg, real.place.dir.path, 1, i), TRAIL_OPENED);
        real.size[i] = seg.size;
        real.bytes[i] = malloc(seg.size);
        memcpy(real.bytes[i], seg.header, seg.size);
        trail_segment_close(&seg);
        note_starts(i);
    }
    return 0;
}

static int drop_real_stream(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SEGMENTS; i++)
        free(real.bytes[i]);
    place_release(&real.place);
    return 0;
}

/* The records of a segment that was cut at `size` are those that lie wholly before it, and then one loss. */
static void assert_prefix(const struct trail_segment *seg, unsigned i, size_t size)
{
    struct trail_record r;
    struct trail_cursor c;
    size_t n = 0, end;
    int got;

    trail_cursor_init(&c, seg, 0, 0, trail_segment_committed(seg, NULL), sample_arity());
    while ((got = trail_cursor_next(&c, &r)) == 1)
        assert_int_equal(c.p - c.base, real.starts[i][++n]);
    end = size < real.starts[i][real.n[i]] ? size : real.starts[i][real.n[i]];
    assert_true(real.starts[i][n] <= end && (n == real.n[i] || real.starts[i][n + 1] > end));
    assert_int_equal(got, real.starts[i][n] == end ? 0 : -1);
    if (got == -1)
        assert_int_equal(trail_cursor_resync(&c), 0);
    assert_int_equal(trail_cursor_next(&c, &r), 0);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SEGMENTS; i++) {
        /* The first one at each of its 64 Ki bytes; the second, which is like it, in steps. */
        for (size_t size = 0; size <= real.size[i]; size += i == 0 ? 1 : 13) {
            /* Memory of its own, so that a sanitizer sees the first byte too far. */
            uint8_t *bytes = malloc(size > 0 ? size : 1);
            struct trail_segment seg;
            int opened;

            memcpy(bytes, real.bytes[i], size);
            opened = trail_segment_wrap(&seg, bytes, size);
            assert_int_equal(opened, size < 128 ? TRAIL_SHORT : TRAIL_OPENED);
            if (opened == TRAIL_OPENED)
                assert_prefix(&seg, i, size);
            free(bytes);
        }
    }
}

static void files_cut_by_someone_else(void **state)
{
    char path[LIMIT_PATH_BYTES + 32];

    (void)state;
    for (unsigned i = 0; i < SEGMENTS; i++) {
        snprintf(path, sizeof(path), "%s/thread-1.%u", real.place.dir.path, i);
        for (size_t size = real.size[i]; size > 300; size -= 259) {
            struct trail_segment seg;

            assert_int_equal(truncate(path, (off_t)size), 0);
            assert_int_equal(trail_segment_open(&seg, real.place.dir.path, 1, i), TRAIL_OPENED);
            assert_prefix(&seg, i, size);
            trail_segment_close(&seg);
        }
        assert_int_equal(io_write_atomic(path, real.bytes[i], real.size[i], 0600, NULL), 0);
    }
}

struct reading {
    size_t real;             /* records that begin where one was written */
    size_t strange;          /* records that do not */
    size_t decoded, skipped; /* bytes */
    bool found_last;
};

/* Reads a damaged copy of segment i to its end, over every damage. */
static struct reading read_damaged(const uint8_t *bytes, unsigned i)
{
    struct reading reading = {0};
    struct trail_segment seg;
    struct trail_record r;
    struct trail_cursor c;
    size_t n = 0;

    assert_int_equal(trail_segment_wrap(&seg, bytes, real.size[i]), TRAIL_OPENED);
    trail_cursor_init(&c, &seg, 0, 0, real.starts[i][real.n[i]], sample_arity());
    for (;;) {
        size_t from = (size_t)(c.p - c.base);
        int got = trail_cursor_next(&c, &r);
        size_t to = (size_t)(c.p - c.base);

        if (got == 0)
            return reading;
        if (got < 0) {
            assert_int_equal(to, from);
            (void)trail_cursor_resync(&c);
            assert_true(c.p > c.base + from);
            reading.skipped += (size_t)(c.p - c.base) - from;
            continue;
        }
        assert_true(to > from);
        reading.decoded += to - from;
        while (n < real.n[i] && real.starts[i][n] < from)
            n++;
        if (real.starts[i][n] == from)
            reading.real++;
        else
            reading.strange++;
        reading.found_last = n == real.n[i] - 1 && real.starts[i][n] == from;
    }
}

static void flipped_bytes_cost_what_is_near_them(void **state)
{
    static struct sample random = SAMPLE_INIT(32);
    size_t whole = real.starts[1][real.n[1]] - 128, found_last = 0, lost = 0;
    uint8_t *copy = malloc(real.size[1]);

    (void)state;
    for (int round = 0; round < FLIP_ROUNDS; round++) {
        struct reading reading;
        uint64_t flips = 1 + sample_below(&random, 8);

        memcpy(copy, real.bytes[1], real.size[1]);
        for (uint64_t i = 0; i < flips; i++)
            copy[128 + sample_below(&random, whole)] ^= (uint8_t)(1 + sample_below(&random, 255));
        reading = read_damaged(copy, 1);
        assert_int_equal(reading.decoded + reading.skipped, whole);
        found_last += reading.found_last;
        lost += reading.skipped;
    }
    /* Two flips on average in each third of 70 KB: much is lost, the way back is found nearly always. */
    assert_true(found_last > FLIP_ROUNDS / 3);
    assert_true(lost / FLIP_ROUNDS < whole);
    free(copy);
}

static void a_lost_page_costs_what_stands_before_the_next_sync(void **state)
{
    uint8_t *copy = malloc(real.size[1]);
    size_t syncs = 0;

    (void)state;
    for (size_t page = 4096; page + 4096 < real.size[1]; page += 4096) {
        struct reading reading;
        size_t first = 0, next;

        memcpy(copy, real.bytes[1], real.size[1]);
        memset(copy + page, 0, 4096);
        reading = read_damaged(copy, 1);
        while (real.starts[1][first + 1] <= page)
            first++;
        next = first + 1;
        while (next < real.n[1] && !(real.is_sync[1][next] && real.starts[1][next] >= page + 4096))
            next++;
        /* A text may hold the zeros and the record that it belongs to still be valid: so at least. */
        assert_true(reading.real >= first + (real.n[1] - next));
        assert_int_equal(reading.decoded + reading.skipped, real.starts[1][real.n[1]] - 128);
        if (next < real.n[1]) {
            assert_true(reading.found_last);
            syncs++;
        }
    }
    assert_true(syncs > 5);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(files_cut_by_someone_else),
        cmocka_unit_test(flipped_bytes_cost_what_is_near_them),
        cmocka_unit_test(a_lost_page_costs_what_stands_before_the_next_sync),
    };

    return cmocka_run_group_tests(tests, make_real_stream, drop_real_stream);
}
