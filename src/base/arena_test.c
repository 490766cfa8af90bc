/* arena_test.c - the arena: zeroed, aligned, apart from each other, under a ceiling, freed at once. */
#include "base/base.h"

#include "base/arena.h"

#include <setjmp.h>

#include <cmocka.h>

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    struct arena a = ARENA_INIT(10 << 20);
    char *pieces[500];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        size_t size = i * 7 % 300;

        pieces[i] = arena_alloc(&a, size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i % 100 + 1), size);
    }
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
        for (size_t j = 0; j < i * 7 % 300; j++)
            assert_int_equal(pieces[i][j], i % 100 + 1);
    arena_release(&a);
    arena_release(&a);
    assert_int_equal(a.used, 0);
}

static void large_pieces_have_blocks_of_their_own(void **state)
{
    struct arena a = ARENA_INIT(100 << 20);
    char *large = arena_alloc(&a, 5 << 20);

    (void)state;
    assert_non_null(large);
    large[(5 << 20) - 1] = 1;
    assert_non_null(arena_alloc(&a, 1));
    arena_release(&a);
}

static void the_ceiling_holds(void **state)
{
    struct arena a = ARENA_INIT(1000);

    (void)state;
    assert_null(arena_alloc(&a, 1001));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_copy(&a, "", SIZE_MAX));
    assert_non_null(arena_alloc(&a, 900));
    assert_null(arena_alloc(&a, 200));
    assert_null(arena_printf(&a, "%500d", 1));
    assert_non_null(arena_alloc(&a, 10));
    arena_release(&a);
}

static void texts_are_copied(void **state)
{
    struct arena a = ARENA_INIT(10000);

    (void)state;
    assert_string_equal(arena_strdup(&a, "one"), "one");
    assert_string_equal(arena_copy(&a, "twofold", 3), "two");
    assert_string_equal(arena_copy(&a, NULL, 0), "");
    assert_string_equal(arena_printf(&a, "%s-%d", "three", 3), "three-3");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(large_pieces_have_blocks_of_their_own),
        cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(texts_are_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
