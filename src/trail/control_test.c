/* control_test.c - what is set is taken once, whole, and by a page of its own. */
#include "base/base.h"

#include "trail/control.h"

#include <setjmp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "control_test_XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int teardown(void **state)
{
    char path[128];

    (void)state;
    snprintf(path, sizeof(path), "%s/control", dir);
    unlink(path);
    return rmdir(dir);
}

static void what_is_set_is_taken_once(void **state)
{
    struct control c = {0};
    char text[100];
    uint32_t seq = 0, next = 0;

    (void)state;
    control_open(&c, dir);
    assert_false(control_changed(&c));
    assert_int_equal(control_read(dir, text, sizeof(text)), 0);
    assert_int_equal(control_write(dir, "enabled=false\n", 14, &seq), 0);
    assert_true(control_changed(&c));
    assert_int_not_equal(control_taken(dir), seq);
    assert_int_equal(control_take(&c, text, sizeof(text)), 14);
    assert_string_equal(text, "enabled=false\n");
    assert_int_equal(control_taken(dir), seq);
    assert_false(control_changed(&c));
    assert_int_equal(control_write(dir, "a", 1, &next), 0);
    assert_true(control_changed(&c) && next > seq);
    assert_int_equal(control_read(dir, text, sizeof(text)), 1);
    control_open(&c, "/nowhere");
    assert_false(control_changed(&c));
}

static void a_write_under_way_is_not_taken(void **state)
{
    struct control c = {0};
    char text[100];
    uint32_t seq = 0;

    (void)state;
    control_open(&c, dir);
    c.page->seq = 5; /* its writer was killed */
    assert_int_equal(control_take(&c, text, sizeof(text)), -1);
    assert_int_equal(control_write(dir, "b", 1, &seq), 0);
    assert_int_equal(control_take(&c, text, sizeof(text)), 1);
    control_open(&c, "/nowhere");
}

static void what_is_no_page_is_refused(void **state)
{
    char path[128], text[10];
    uint32_t seq;
    FILE *file;

    (void)state;
    assert_int_equal(control_read(dir, text, sizeof(text)), -ENOENT);
    snprintf(path, sizeof(path), "%s/control", dir);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("short", file);
    fclose(file);
    assert_int_equal(control_write(dir, "a", 1, &seq), -EPROTO);
    assert_int_equal(truncate(path, CONTROL_BYTES), 0);
    assert_int_equal(control_write(dir, "a", 1, &seq), -EPROTO);
    assert_int_equal(control_write(dir, text, CONTROL_BYTES, &seq), -EMSGSIZE);
    assert_int_equal(control_taken(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_set_is_taken_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_write_under_way_is_not_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_page_is_refused, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
