/* histogram_test.c - every bucket's borders, and quantiles against sorted numbers. */
#include "base/base.h"

#include "base/histogram.h"

#include <setjmp.h>

#include <cmocka.h>

static void test_buckets_join(void **state)
{
    (void)state;
    for (uint32_t b = 0; b + 1 < HISTOGRAM_BUCKETS; b++) {
        uint64_t low = histogram_low(b);
        uint64_t high = histogram_low(b + 1);

        assert_true(low < high);
        assert_int_equal(histogram_bucket(low), b);
        assert_int_equal(histogram_bucket(high - 1), b);
        if (low > 0)
            assert_true((double)(high - low) / 2 / (double)low <= (low < 64 ? 0.5 : 0.016));
    }
    assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
    assert_int_equal(histogram_bucket(1ULL << HISTOGRAM_POWERS), HISTOGRAM_BUCKETS - 1);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void test_quantiles(void **state)
{
    enum { N = 20000 };
    static struct histogram h;
    static uint64_t v[N];
    uint64_t seed = 88172645463325252ULL;
    struct histogram_run run;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        v[i] = (seed >> 20) % (1ULL << (4 + i % 30));
        histogram_add(&h, v[i]);
    }
    qsort(v, N, sizeof(v[0]), compare);
    run = (struct histogram_run){h.buckets, 0, HISTOGRAM_BUCKETS, h.min, h.max};
    assert_int_equal(h.count, N);
    assert_int_equal(h.min, v[0]);
    assert_int_equal(h.max, v[N - 1]);
    for (double q = 0; q < 1; q += 0.01) {
        size_t rank = (size_t)(q * N);
        uint64_t exact, got = histogram_quantile(&run, q);

        if ((double)rank < q * N || rank == 0)
            rank++;
        exact = v[rank - 1];
        if (llabs((long long)(got - exact)) > (long long)(exact * 16 / 1000) + 1)
            fail_msg("q %.2f: %llu, not %llu", q, (unsigned long long)got,
                     (unsigned long long)exact);
    }
    assert_int_equal(histogram_quantile(&run, 1), v[N - 1]);
    run.n = 0;
    assert_int_equal(histogram_quantile(&run, 0.5), 0);
}

/* The nearest rank: the smallest number with at least the share at or below it. */
static void test_the_rank_of_a_few(void **state)
{
    static struct histogram h;
    struct histogram_run run;

    (void)state;
    for (uint64_t v = 1; v <= 4; v++)
        histogram_add(&h, v);
    run = (struct histogram_run){h.buckets, 0, HISTOGRAM_BUCKETS, h.min, h.max};
    assert_int_equal(histogram_quantile(&run, 0.25), 1);
    assert_int_equal(histogram_quantile(&run, 0.3), 2);
    assert_int_equal(histogram_quantile(&run, 0.5), 2);
    assert_int_equal(histogram_quantile(&run, 0.6), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets_join),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_the_rank_of_a_few),
    };

    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
