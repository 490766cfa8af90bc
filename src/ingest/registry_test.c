/* registry_test.c - a registry of more functions than are kept: the rest is left out, and counted. */
#include "base/base.h"

#include "ingest/bench_test.h"
#include "ingest/registry.h"

static const char *const AB[] = {"a", "b"};

/* f( g(1, 2) ), where g is one too many. */
static void call_both(struct testtrail *t, uint32_t f, uint32_t g)
{
    testtrail_call(t, 1, f, 0);
    testtrail_tick(t, 10);
    trail_put_int(testtrail_values(t), 1);
    trail_put_int(&t->values, 2);
    testtrail_call(t, 1, g, 4);
    testtrail_tick(t, 7);
    testtrail_return(t, 1);
    testtrail_tick(t, 1);
    testtrail_return(t, 1);
}

static void test_too_many(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t f = testtrail_code(t, "f", 0, 0, NULL), g;

    t->ncodes =
        REGISTRY_CODES_MAX; /* the numbers in between were given to functions that nobody calls */
    g = testtrail_code(t, "g", 0, 2, AB);
    call_both(t, f, g);
    call_both(t, f, g);
    bench_ingest(b, false);
    bench_expect(b, "SELECT cause, function_id, sum(events) FROM losses GROUP BY ALL",
                 "ingest_memory - 2");
    call_both(t, f, g);
    testtrail_call(t, 1, f, 0); /* open at the end: f with g inside */
    testtrail_tick(t, 10);
    trail_put_int(testtrail_values(t), 1);
    trail_put_int(&t->values, 2);
    testtrail_call(t, 1, g, 4);
    bench_ingest(b, false);
    testtrail_kill(t);
    bench_ingest(b, true);
    bench_expect(b, "SELECT cause, function_id, sum(events) FROM losses GROUP BY ALL",
                 "ingest_memory - 4");
    bench_expect(b, "SELECT function_name, outcome, count(*) FROM calls GROUP BY ALL ORDER BY ALL",
                 "f open 1\nf return 3");
    bench_expect(b, "SELECT DISTINCT duration_ns, self_ns FROM calls WHERE outcome = 'return'",
                 "18 11");
    bench_expect(b, "SELECT function_name, call_count FROM function_stats", "f 4");
    bench_expect(b, "SELECT count(*) FROM functions", "1");
}

/* The same for a ceiling of bytes: what comes first is kept, threads and the end are taken in all the same. */
static void test_too_large(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    struct registry r;
    struct error err;
    struct code *last = NULL;
    size_t kept = 0;

    for (int i = 0; i < 1000; i++) {
        char name[32];

        snprintf(name, sizeof(name), "f%d", i);
        testtrail_code(t, name, 0, 2, AB);
    }
    testtrail_type(t, "shop", "Cart");
    testtrail_finish(t, 3);
    registry_init(&r);
    r.arena.used = 1024U * 1024 * 1024 - 64U * 1024; /* as if so much were in it */
    assert_int_equal(registry_read(&r, t->dir.path, &err), 0);
    for (uint64_t id = 1; id <= 1000; id++) {
        struct code *code = registry_code(&r, id);

        assert_int_equal(registry_arity(&r).nargs[id], 2);
        assert_true(code == NULL || kept == id - 1);
        kept += code != NULL;
        last = code != NULL ? code : last;
    }
    assert_in_range(kept, 100, 900);
    assert_int_equal(strtol(last->name + 1, NULL, 10), kept - 1);
    assert_string_equal(last->module, registry_code(&r, 1)->module);
    assert_string_equal(registry_type(&r, 1), "shop.Cart");
    assert_true(r.has_finish);
    assert_int_equal(r.finish_status, 3);
    registry_release(&r);
    /* Past what all but the end may take. */
    registry_init(&r);
    r.arena.used = 1280U * 1024 * 1024 + 1;
    assert_int_equal(registry_read(&r, t->dir.path, &err), 0);
    assert_true(r.has_finish && r.has_process);
    assert_true(r.left_out >= 1);
    assert_null(registry_code(&r, 1));
    registry_release(&r);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        T(test_too_many),
        T(test_too_large),
    };

    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
