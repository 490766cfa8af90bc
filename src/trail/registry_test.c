/* registry_test.c - registry records: what is put is what is read; unknown ones are passed over, broken ones skipped. */
#include "base/base.h"

#include "base/limits.h"
#include "trail/dump.h"
#include "trail/sample.h"

#include <setjmp.h>

#include <cmocka.h>

#define SIZE (64 * 1024)

static union {
    struct trail_header header;
    uint8_t bytes[SIZE];
} memory;

static struct trail_out fresh(void)
{
    memset(memory.bytes, 0, SIZE);
    sample_header(memory.bytes, SIZE, 0);
    return (struct trail_out){memory.bytes + sizeof(memory.header), memory.bytes + SIZE, false};
}

static struct trail_cursor begin_reading(const struct trail_out *out)
{
    struct trail_segment seg;
    struct trail_cursor c;

    assert_false(out->overflow);
    memory.header.committed = (uint64_t)(out->p - memory.bytes);
    assert_int_equal(trail_segment_wrap(&seg, memory.bytes, SIZE), TRAIL_OPENED);
    trail_cursor_init(&c, &seg, 0, 0, trail_segment_committed(&seg, NULL), NULL);
    return c;
}

static void put_some(struct trail_out *out)
{
    struct trail_text argv[] = {trail_text_of("app.py"), trail_text_of("-v")};
    struct trail_text args[] = {trail_text_of("self"), trail_text_of("n")};
    struct trail_process_info process = {
        .run_id = {{1, 2, 3}},
        .pid = 12,
        .ppid = 11,
        .python = trail_text_of("3.13.1"),
        .breadcrumb = trail_text_of("0.1.0"),
        .host = trail_text_of("box"),
        .executable = trail_text_of("/usr/bin/python3"),
        .cwd = trail_text_of("/srv"),
        .argv = argv,
        .argc = 2,
        .settings = trail_text_of("a=1\nb=2\n"),
    };
    struct trail_code_info code = {
        .id = 5,
        .flags = TRAIL_CODE_GENERATOR,
        .name = trail_text_of("Shop.order"),
        .module = trail_text_of("shop"),
        .file = trail_text_of("/srv/shop.py"),
        .first_line = 40,
        .args = args,
        .nargs = 2,
        .npositional_only = 1,
        .table_format = 1,
        .table = "\x80\x00",
        .table_len = 2,
    };
    struct trail_thread_info thread = {3, 1234, 99, trail_text_of("worker"), -5};
    struct trail_losses_info losses = {TRAIL_LOSS_DISK_FULL, 5, 1000, 1, 2};
    struct trail_child_info child = {4000, TRAIL_CHILD_SIGNALED, 9, -6};

    trail_encode_process(out, &process);
    trail_encode_code(out, &code);
    trail_encode_type(out, 9, trail_text_of("shop"), trail_text_of("Order"));
    trail_encode_thread(out, &thread);
    trail_encode_clock(out, UINT64_MAX, 7, -8);
    trail_encode_losses(out, &losses);
    trail_encode_note(out, trail_text_of("tool"), trail_text_of("5"));
    trail_encode_child(out, &child);
    trail_encode_finish(out, TRAIL_FINISH_EXIT, -1, 77);
}

static void every_record_comes_back_as_it_was_put(void **state)
{
    static const char *const EXPECTED =
        "PROCESS 01020300000000000000000000000000 00000000000000000000000000000000 pid 12 ppid 11 "
        "\"3.13.1\" \"0.1.0\" \"box\" \"/usr/bin/python3\" \"/srv\" [\"app.py\" \"-v\"] "
        "\"a=1\\x0ab=2\\x0a\"\n"
        "CODE 5 flags 2 \"Shop.order\" \"shop\" \"/srv/shop.py\" line 40 [\"self\" \"n\"] "
        "positional 1 keyword 0 table 1:2\n"
        "TYPE 9 \"shop\" \"Order\"\n"
        "THREAD 3 tid 1234 ident 99 \"worker\" wall -5\n"
        "CLOCK 18446744073709551615 wall 7 mono -8\n"
        "LOSSES cause 2 code 5 events 1000 wall 1 to 2\n"
        "NOTE \"tool\" \"5\"\n"
        "CHILD pid 4000 what 2 number 9 wall -6\n"
        "FINISH reason 1 status -1 wall 77\n";
    struct buf text = BUF_INIT(10000);
    struct trail_out out = fresh();
    struct trail_registry_record r;
    struct trail_cursor c;

    (void)state;
    put_some(&out);
    c = begin_reading(&out);
    while (trail_registry_next(&c, &r) == 1) {
        trail_registry_text(&r, &text);
        buf_putc(&text, '\n');
    }
    assert_string_equal(buf_text(&text), EXPECTED);
    buf_release(&text);
}

static void unknown_kinds_are_passed_over(void **state)
{
    struct trail_out out = fresh();
    struct trail_registry_record r;
    struct trail_cursor c;

    (void)state;
    trail_put_bytes(&out,
                    "\x0b\x03"
                    "abc"
                    "\xff\x00",
                    7);
    trail_encode_note(&out, trail_text_of("a"), trail_text_of("b"));
    trail_put_bytes(&out, "\x70\x01x", 3);
    c = begin_reading(&out);
    assert_int_equal(trail_registry_next(&c, &r), 1);
    assert_int_equal(r.kind, TRAIL_REG_NOTE);
    assert_int_equal(trail_registry_next(&c, &r), 0);
}

static void a_record_may_be_longer_than_its_fields(void **state)
{
    struct trail_out out = fresh();
    struct trail_registry_record r;
    struct trail_cursor c;

    (void)state;
    trail_put_bytes(&out, "\x03\x08\x02\x01m\x01nnew",
                    10); /* TYPE and what a later version added */
    c = begin_reading(&out);
    assert_int_equal(trail_registry_next(&c, &r), 1);
    assert_int_equal(r.id, 2);
    assert_int_equal(trail_registry_next(&c, &r), 0);
}

static void a_broken_record_is_skipped(void **state)
{
    struct trail_out out = fresh();
    struct trail_registry_record r;
    struct trail_cursor c;

    (void)state;
    trail_put_bytes(&out, "\x03\x03\x02\x05m", 5); /* TYPE: text beyond the record */
    trail_put_bytes(&out, "\x02\x07\x01\x00\x00\x00\x00\x01\x7f", 9); /* CODE: too many arguments */
    trail_encode_note(&out, trail_text_of("a"), trail_text_of("b"));
    c = begin_reading(&out);
    assert_int_equal(trail_registry_next(&c, &r), -1);
    assert_int_equal(trail_registry_next(&c, &r), -1);
    assert_int_equal(trail_registry_next(&c, &r), 1);
    assert_int_equal(r.kind, TRAIL_REG_NOTE);
    assert_int_equal(trail_registry_next(&c, &r), 0);
}

static void a_length_without_sense_ends_the_segment(void **state)
{
    static const char *const CASES[] = {"\x08\x7f", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct trail_out out = fresh();
        struct trail_registry_record r;
        struct trail_cursor c;

        trail_put_bytes(&out, CASES[i], strlen(CASES[i]));
        trail_encode_note(&out, trail_text_of("a"), trail_text_of("b"));
        c = begin_reading(&out);
        assert_int_equal(trail_registry_next(&c, &r), -1);
        assert_int_equal(trail_registry_next(&c, &r), 0);
    }
}

static void a_zero_page_ends_the_segment(void **state)
{
    struct trail_out out = fresh();
    struct trail_registry_record r;
    struct trail_cursor c;

    (void)state;
    trail_encode_note(&out, trail_text_of("a"), trail_text_of("b"));
    out.p += 4096;
    c = begin_reading(&out);
    assert_int_equal(trail_registry_next(&c, &r), 1);
    assert_int_equal(trail_registry_next(&c, &r), -1);
    assert_int_equal(trail_registry_next(&c, &r), 0);
}

static void random_records_are_read_to_the_end(void **state)
{
    static struct sample s = SAMPLE_INIT(21);

    (void)state;
    for (int round = 0; round < 300; round++) {
        struct trail_out out = fresh();
        struct trail_registry_record r;
        struct trail_cursor c;
        int n = 0;

        for (; n < 50; n++)
            sample_put_registry(&s, &out);
        c = begin_reading(&out);
        while (trail_registry_next(&c, &r) == 1) {
            struct trail_bytes text;
            uint64_t texts = 0;

            while (trail_text_next(&r.list, &text))
                texts++;
            assert_int_equal(texts, r.n);
            n--;
        }
        assert_int_equal(n, 0);
        assert_ptr_equal(c.p, out.p);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    struct trail_text large = {(const char *)memory.bytes, SIZE};
    uint8_t bytes[100];
    struct trail_out out = {bytes, bytes + sizeof(bytes), false};

    (void)state;
    trail_encode_note(&out, trail_text_of("k"), large);
    assert_true(out.overflow);
    assert_true(out.p <= out.end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_comes_back_as_it_was_put),
        cmocka_unit_test(unknown_kinds_are_passed_over),
        cmocka_unit_test(a_record_may_be_longer_than_its_fields),
        cmocka_unit_test(a_broken_record_is_skipped),
        cmocka_unit_test(a_length_without_sense_ends_the_segment),
        cmocka_unit_test(a_zero_page_ends_the_segment),
        cmocka_unit_test(random_records_are_read_to_the_end),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
