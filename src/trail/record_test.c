/* record_test.c - records of a thread stream: what is put is what is read, and what is not valid is not read. */
#include "base/base.h"

#include "base/limits.h"
#include "trail/dump.h"
#include "trail/sample.h"

#include <setjmp.h>

#include <cmocka.h>

#define ROUNDS 20000
#define SIZE (256 * 1024)

/* A segment in memory and the place where the next record goes. */
struct memory {
    union {
        struct trail_header header;
        uint8_t bytes[SIZE];
    };
    struct trail_out out;
};

static void memory_clear(struct memory *m)
{
    memset(m->bytes, 0, SIZE);
    sample_header(m->bytes, SIZE, 1);
    m->out = (struct trail_out){m->bytes + sizeof(m->header), m->bytes + SIZE, false};
}

static struct trail_cursor memory_read(struct memory *m)
{
    struct trail_segment seg;
    struct trail_cursor c;

    m->header.committed = (uint64_t)(m->out.p - m->bytes);
    assert_int_equal(trail_segment_wrap(&seg, m->bytes, SIZE), TRAIL_OPENED);
    trail_cursor_init(&c, &seg, 0, 0, trail_segment_committed(&seg, NULL), sample_arity());
    return c;
}

static void assert_bytes_equal(struct trail_bytes a, struct trail_bytes b)
{
    assert_int_equal(a.len, b.len);
    if (a.len > 0)
        assert_memory_equal(a.data, b.data, a.len);
}

static void assert_record_equal(const struct trail_record *a, const struct trail_record *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->units, b->units);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->code, b->code);
    assert_int_equal(a->at, b->at);
    assert_int_equal(a->caller_code, b->caller_code);
    assert_int_equal(a->ref.back, b->ref.back);
    assert_int_equal(a->ref.stream, b->ref.stream);
    assert_int_equal(a->ref.seq, b->ref.seq);
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->number2, b->number2);
    assert_int_equal(a->line_delta, b->line_delta);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->nvalues, b->nvalues);
    assert_int_equal(a->nlist, b->nlist);
    assert_int_equal(a->sync_ticks, b->sync_ticks);
    assert_int_equal(a->sync_last_call, b->sync_last_call);
    assert_int_equal(a->sync_last_exception, b->sync_last_exception);
    assert_bytes_equal(a->text, b->text);
    assert_bytes_equal(a->values, b->values);
    assert_bytes_equal(a->list, b->list);
}

static void every_record_comes_back_as_it_was_put(void **state)
{
    static struct sample s = SAMPLE_INIT(1);
    static struct memory m;
    unsigned seen = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t before = sample_number(&s) >> 8, units = sample_number(&s) >> 8;
        struct trail_record put, got;
        struct trail_cursor c;

        memory_clear(&m);
        sample_record(&s, &put);
        trail_encode_yield(&m.out, before);
        sample_put_record(&m.out, m.bytes, units, &put);
        assert_false(m.out.overflow);
        put.units = put.kind == TRAIL_SYNC ? put.sync_ticks : before + units;

        c = memory_read(&m);
        memset(&got, 0, sizeof(got));
        assert_int_equal(trail_cursor_next(&c, &got), 1);
        assert_int_equal(got.kind, TRAIL_YIELD);
        memset(&got, 0, sizeof(got));
        assert_int_equal(trail_cursor_next(&c, &got), 1);
        assert_record_equal(&got, &put);
        assert_int_equal(trail_cursor_next(&c, &got), 0);
        seen |= 1u << put.kind;
    }
    assert_int_equal(seen, 0xfffe);
}

static void a_record_cut_anywhere_is_not_valid(void **state)
{
    static struct sample s = SAMPLE_INIT(2);
    static struct memory m;

    (void)state;
    for (int i = 0; i < 500; i++) {
        struct trail_record r;
        uint8_t *end;

        memory_clear(&m);
        sample_record(&s, &r);
        sample_put_record(&m.out, m.bytes, 5, &r);
        end = m.out.p;
        for (m.out.p = m.bytes + sizeof(m.header) + 1; m.out.p < end; m.out.p++) {
            struct trail_cursor c = memory_read(&m);

            assert_int_equal(trail_cursor_next(&c, &r), -1);
            assert_ptr_equal(c.p, m.bytes + sizeof(m.header));
        }
    }
}

static void a_record_that_does_not_fit_is_refused(void **state)
{
    static struct sample s = SAMPLE_INIT(3);
    static struct memory m;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct trail_record r;
        uint8_t *from;
        size_t room = sample_below(&s, 40);

        memory_clear(&m);
        from = m.out.p;
        m.out.end = from + room;
        sample_record(&s, &r);
        sample_put_record(&m.out, m.bytes, 5, &r);
        assert_true(m.out.p <= m.out.end);
        for (size_t j = room; j < 200; j++)
            assert_int_equal(from[j], 0);
    }
}

/* One record of the given bytes is damage. */
static void assert_damaged(const char *bytes, size_t len)
{
    static struct memory m;
    struct trail_record r;
    struct trail_cursor c;

    memory_clear(&m);
    trail_put_bytes(&m.out, bytes, len);
    c = memory_read(&m);
    assert_int_equal(trail_cursor_next(&c, &r), -1);
    assert_ptr_equal(c.p, m.bytes + sizeof(m.header));
}

#define DAMAGED(text) assert_damaged(text, sizeof(text) - 1)

static void what_the_page_forbids_is_damage(void **state)
{
    (void)state;
    DAMAGED("\0\0\0\0");                                         /* zero is no kind */
    DAMAGED("\x04\x01\x00");                                     /* a CALL has a head of its own */
    DAMAGED("\x0c\x01");                                         /* a RETURN likewise */
    DAMAGED("\x80\x00");                                         /* nor in a longer form */
    DAMAGED("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");         /* past 64 bits */
    DAMAGED("\x90\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00");     /* past 10 bytes */
    DAMAGED("\x01\x00\x00");                                     /* code 0 was never given */
    DAMAGED("\x01\x08\x00");                                     /* nor 8 */
    DAMAGED("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"); /* nor this */
    DAMAGED("\x08\x08\x01");                                     /* CALL_FROM: flag 8 */
    DAMAGED("\x02\x00");                                         /* value tag 0 */
    DAMAGED("\x02\x30");                                         /* no such tag */
    DAMAGED("\x02\xf0\x00\x00\x00\x00");                         /* nor this */
    DAMAGED("\x02\x0d\x05\x05\x41\x41\x41\x41");                 /* five items, four there */
    DAMAGED("\x02\x0d\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"); /* 2^64 - 1 items */
    DAMAGED("\x02\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x");    /* as long a text */
    DAMAGED("\x14\x01\x02");                                         /* RESUME: flag 2 */
    DAMAGED("\x18\x10\x01\x00\x00");                                 /* RAISE: flag 16 */
    DAMAGED("\x18\x00\x01\x00\x65\x01\x01");                         /* 101 frames */
    DAMAGED("\x2c\x04\x01");                                         /* END_OF: outcome 4 */
    DAMAGED("\x30\x53\x59\x4e\x43\x0a\x1a\x7f\xf5\x81\x01"
            "12345678\x00\x00\x00"); /* SYNC that says it is elsewhere */
    DAMAGED("\x34\x00\x00\x01");     /* LOSS: cause 0 */
    DAMAGED("\x34\x0b\x00\x01");     /* cause 11 */
    DAMAGED("\x38\x01\x01\x05");     /* TASK whose payload is too short */
}

static void longer_forms_of_numbers_are_read(void **state)
{
    static struct memory m;
    struct trail_record r;
    struct trail_cursor c;

    (void)state;
    memory_clear(&m);
    trail_put_bytes(&m.out, "\x83\x80\x00\x82\x00\x83\x80\x80\x00\x41", 10);
    c = memory_read(&m);
    assert_int_equal(trail_cursor_next(&c, &r), 1);
    assert_int_equal(r.kind, TRAIL_CALL);
    assert_int_equal(r.units, 1);
    assert_int_equal(r.code, 2);
    assert_int_equal(r.at, 3);
    assert_int_equal(r.nvalues, 1);
}

static void time_that_overflows_is_damage(void **state)
{
    static struct memory m;
    struct trail_record r;
    struct trail_cursor c;

    (void)state;
    memory_clear(&m);
    for (int i = 0; i < 80; i++)
        trail_encode_yield(&m.out, UINT64_MAX >> 6);
    c = memory_read(&m);
    for (int i = 0; i < 64; i++)
        assert_int_equal(trail_cursor_next(&c, &r), 1);
    assert_int_equal(trail_cursor_next(&c, &r), -1);
}

static void no_record_is_longer_than_its_ceiling(void **state)
{
    static const char TEXT[TRAIL_RECORD_BYTES];
    static struct memory m;
    struct trail_record r;
    struct trail_cursor c;

    (void)state;
    memory_clear(&m);
    trail_encode_return(&m.out, 1);
    trail_put_string(&m.out, TRAIL_TAG_STR, TEXT, sizeof(TEXT) - 5); /* and kind, tag, length */
    trail_encode_return(&m.out, 1);
    trail_put_string(&m.out, TRAIL_TAG_STR, TEXT, sizeof(TEXT));
    c = memory_read(&m);
    assert_int_equal(trail_cursor_next(&c, &r), 1);
    assert_int_equal(trail_cursor_next(&c, &r), -1);
}

static void put_sync(struct memory *m, uint64_t ticks, uint64_t last_call)
{
    struct trail_sync sync = {m->bytes, ticks, last_call, 7, 2};

    trail_encode_sync(&m->out, 3, &sync);
    trail_put_uv(&m->out, 300);
    trail_put_uv(&m->out, TRAIL_SYNC_ELSEWHERE);
}

static void behind_damage_the_next_sync_is_found(void **state)
{
    static struct memory m;
    struct trail_record r;
    struct trail_cursor c;
    const uint8_t *damage, *sync;

    (void)state;
    memory_clear(&m);
    m.header.ticks = 1000;
    m.header.tick_shift = 4;
    trail_encode_yield(&m.out, 1);
    damage = m.out.p;
    trail_put_bytes(&m.out, "\0\0\0\0", 4);
    trail_put_bytes(&m.out, TRAIL_SYNC_MAGIC "\x05", 9); /* looks like one, but is not */
    sync = m.out.p;
    put_sync(&m, 1000 + (50 << 4), 9000);
    trail_encode_yield(&m.out, 2);

    c = memory_read(&m);
    assert_int_equal(trail_cursor_next(&c, &r), 1);
    assert_int_equal(trail_cursor_next(&c, &r), -1);
    assert_int_equal(trail_cursor_resync(&c), sync - damage);
    assert_ptr_equal(c.p, sync);
    assert_int_equal(trail_cursor_next(&c, &r), 1);
    assert_int_equal(r.kind, TRAIL_SYNC);
    assert_int_equal(r.units, 50);
    assert_int_equal(r.sync_last_call, 9000);
    assert_int_equal(r.nlist, 2);
    assert_int_equal(trail_cursor_next(&c, &r), 1);
    assert_int_equal(r.units, 52);
    assert_int_equal(trail_cursor_next(&c, &r), 0);

    /* None left: to the end. */
    trail_put_bytes(&m.out, "\0\0\0\0", 4);
    c = memory_read(&m);
    c.p = m.out.p - 4;
    assert_int_equal(trail_cursor_next(&c, &r), -1);
    assert_int_equal(trail_cursor_resync(&c), 0);
    assert_int_equal(trail_cursor_next(&c, &r), 0);
}

static void a_sync_older_than_its_segment_counts_from_its_beginning(void **state)
{
    static struct memory m;
    struct trail_record r;
    struct trail_cursor c;

    (void)state;
    memory_clear(&m);
    m.header.ticks = 1000;
    put_sync(&m, 900, 1);
    c = memory_read(&m);
    assert_int_equal(trail_cursor_next(&c, &r), 1);
    assert_int_equal(r.units, 0);
}

static void a_reader_goes_on_where_it_stopped(void **state)
{
    static struct memory m;
    struct trail_segment seg;
    struct trail_record r;
    struct trail_cursor c;
    uint64_t offset;

    (void)state;
    memory_clear(&m);
    trail_encode_yield(&m.out, 10);
    c = memory_read(&m);
    assert_int_equal(trail_cursor_next(&c, &r), 1);
    assert_int_equal(trail_cursor_next(&c, &r), 0);
    offset = (uint64_t)(c.p - c.base);
    trail_encode_unwind(&m.out, 7);
    (void)memory_read(&m);
    assert_int_equal(trail_segment_wrap(&seg, m.bytes, SIZE), TRAIL_OPENED);
    trail_cursor_init(&c, &seg, offset, c.units, trail_segment_committed(&seg, NULL), NULL);
    assert_int_equal(trail_cursor_next(&c, &r), 1);
    assert_int_equal(r.kind, TRAIL_UNWIND);
    assert_int_equal(r.units, 17);
}

static void records_as_text(void **state)
{
    static const char *const EXPECTED =
        "@12 CALL code 3 at 7 (1, \"two\")\n"
        "@13 RETURN [None, 2.5]~9\n"
        "@14 CALL_FROM flags 3 call last-0 caller 90 at 2 code 1 ()\n"
        "@14 YIELD\n"
        "@15 RESUME call 2/77 flags 1\n"
        "@15 RAISE flags 4 type 6 \"no\" [3 8 1 0] context 2\n"
        "@15 RERAISE last-1\n"
        "@15 HANDLED code 0 at 4\n"
        "@15 UNWIND\n"
        "@15 LINE -3\n"
        "@15 END_OF outcome 2 call last-4 ()\n"
        "@15 LOSS cause 1 code 2 events 30\n"
        "@15 EXTRA task 5 from 4\n"
        "@15 EXTRA task 6 from 5 \"fetch \\\"a\\\"\"\n"
        "@15 END\n";
    static struct memory m;
    struct trail_call_from from = {3, trail_ref_own(5, 5), 90, 2, 1, 0};
    struct trail_frame frames[] = {{3, 8}, {1, 0}};
    struct trail_raise raise = {4, 6, "no", 2, frames, 2, 2};
    struct buf text = BUF_INIT(10000);
    struct trail_record r;
    struct trail_cursor c;

    (void)state;
    memory_clear(&m);
    trail_encode_call(&m.out, 12, 3, 7);
    trail_put_int(&m.out, 1);
    trail_put_string(&m.out, TRAIL_TAG_STR, "two", 3);
    trail_encode_return(&m.out, 1);
    trail_put_bytes(&m.out, "\x0d\x09\x02\x01\x05\0\0\0\0\0\0\x04\x40", 13);
    trail_encode_call_from(&m.out, 1, &from);
    trail_encode_yield(&m.out, 0);
    trail_encode_resume(&m.out, 1, trail_ref_other(2, 77), TRAIL_RESUME_THROWN);
    trail_encode_raise(&m.out, 0, &raise);
    trail_encode_reraise(&m.out, 0, 1);
    trail_encode_handled(&m.out, 0, 0, 4);
    trail_encode_unwind(&m.out, 0);
    trail_encode_line(&m.out, 0, -3);
    trail_encode_end_of(&m.out, 0, TRAIL_END_CLOSED, trail_ref_own(9, 5));
    trail_encode_loss(&m.out, 0, TRAIL_LOSS_QUOTA, 2, 30);
    trail_encode_task(&m.out, 0, &(struct trail_task){5, 4, NULL, 0});
    trail_encode_task(&m.out, 0, &(struct trail_task){6, 5, "fetch \"a\"", 9});
    trail_encode_end(&m.out, 0);
    c = memory_read(&m);
    while (trail_cursor_next(&c, &r) == 1) {
        trail_record_text(&r, &text);
        buf_putc(&text, '\n');
    }
    assert_string_equal(buf_text(&text), EXPECTED);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_comes_back_as_it_was_put),
        cmocka_unit_test(a_record_cut_anywhere_is_not_valid),
        cmocka_unit_test(a_record_that_does_not_fit_is_refused),
        cmocka_unit_test(what_the_page_forbids_is_damage),
        cmocka_unit_test(longer_forms_of_numbers_are_read),
        cmocka_unit_test(time_that_overflows_is_damage),
        cmocka_unit_test(no_record_is_longer_than_its_ceiling),
        cmocka_unit_test(behind_damage_the_next_sync_is_found),
        cmocka_unit_test(a_sync_older_than_its_segment_counts_from_its_beginning),
        cmocka_unit_test(a_reader_goes_on_where_it_stopped),
        cmocka_unit_test(records_as_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
