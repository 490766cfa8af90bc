/* buf_test.c - the growable buffer: always terminated, never past its ceiling, safe after a failure. */
#include "base/base.h"

#include "base/buf.h"

#include <setjmp.h>

#include <cmocka.h>

static void an_empty_buffer_reads_as_an_empty_text(void **state)
{
    struct buf b = BUF_INIT(10);

    (void)state;
    assert_string_equal(buf_text(&b), "");
    buf_clear(&b);
    buf_put(&b, NULL, 0);
    assert_string_equal(buf_text(&b), "");
    buf_release(&b);
    buf_release(&b);
}

static void what_is_put_is_there(void **state)
{
    struct buf b = BUF_INIT(1000);

    (void)state;
    buf_puts(&b, "a");
    buf_putc(&b, 'b');
    buf_put(&b, "c\0d", 3);
    buf_putf(&b, "%d-%s", 42, "x");
    assert_int_equal(b.len, 9);
    assert_memory_equal(buf_text(&b), "abc\0d42-x", 10);
    buf_clear(&b);
    buf_puts(&b, "again");
    assert_string_equal(buf_text(&b), "again");
    buf_release(&b);
}

static void the_ceiling_holds(void **state)
{
    struct buf b = BUF_INIT(5);

    (void)state;
    buf_puts(&b, "12345");
    assert_false(b.failed);
    buf_putc(&b, '6');
    assert_true(b.failed);
    buf_puts(&b, "");
    buf_putf(&b, "%d", 7);
    assert_string_equal(buf_text(&b), "12345");
    assert_false(buf_reserve(&b, 0));
    buf_clear(&b);
    assert_true(buf_reserve(&b, 5));
    assert_false(buf_reserve(&b, SIZE_MAX));
    buf_release(&b);
}

static void long_texts_grow_it(void **state)
{
    struct buf b = BUF_INIT(1 << 20);

    (void)state;
    for (int i = 0; i < 10000; i++)
        buf_putf(&b, "%05d", i);
    assert_int_equal(b.len, 50000);
    assert_memory_equal(b.data + 49995, "09999", 6);
    buf_release(&b);
}

static void detached_memory_is_the_callers(void **state)
{
    struct buf b = BUF_INIT(100);
    char *text;

    (void)state;
    buf_puts(&b, "mine");
    text = buf_detach(&b);
    assert_string_equal(text, "mine");
    assert_string_equal(buf_text(&b), "");
    free(text);
    text = buf_detach(&b);
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_reads_as_an_empty_text),
        cmocka_unit_test(what_is_put_is_there),
        cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(long_texts_grow_it),
        cmocka_unit_test(detached_memory_is_the_callers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
