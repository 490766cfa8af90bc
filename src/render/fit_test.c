/* fit_test.c - columns that share the width of a terminal. */
#include "base/base.h"

#include "render/fit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check(struct fit *columns, size_t n, size_t room, const size_t *expected)
{
    fit_columns(columns, n, room);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(columns[i].width, expected[i]);
}

static void what_fits_stays(void **state)
{
    struct fit columns[] = {{10, 2, 0}, {30, 30, 0}};

    (void)state;
    check(columns, 2, 40, (size_t[]){10, 30});
    check(columns, 2, 1000, (size_t[]){10, 30});
    fit_columns(columns, 0, 0);
}

static void the_widest_give_way_first(void **state)
{
    struct fit columns[] = {{36, 2, 0}, {9, 9, 0}, {80, 7, 0}};

    (void)state;
    check(columns, 3, 60, (size_t[]){26, 9, 25});
    check(columns, 3, 100, (size_t[]){36, 9, 55});
}

static void none_gets_below_its_least(void **state)
{
    struct fit columns[] = {{36, 20, 0}, {9, 9, 0}, {80, 7, 0}};

    (void)state;
    check(columns, 3, 40, (size_t[]){20, 9, 11});
    check(columns, 3, 10, (size_t[]){20, 9, 7});
    check(columns, 3, 0, (size_t[]){20, 9, 7});
}

/* Whatever comes: between least and natural, all of the room used and no more where that can be. */
static void of_any_columns(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct fit columns[12];
        size_t n = (size_t)round % ARRAY_SIZE(columns), natural = 0, least = 0, width = 0, room;

        for (size_t i = 0; i < n; i++) {
            random = random * 1664525 + 1013904223;
            columns[i] = (struct fit){(random >> 16) % 60 + 1, 0, 0};
            columns[i].least = (random >> 8) % columns[i].natural + 1;
            natural += columns[i].natural;
            least += columns[i].least;
        }
        room = (random >> 4) % 400;
        fit_columns(columns, n, room);
        for (size_t i = 0; i < n; i++) {
            assert_in_range(columns[i].width, columns[i].least, columns[i].natural);
            width += columns[i].width;
        }
        assert_int_equal(width, room < least ? least : room > natural ? natural : room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_stays),
        cmocka_unit_test(the_widest_give_way_first),
        cmocka_unit_test(none_gets_below_its_least),
        cmocka_unit_test(of_any_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
