/* resume_test.c - however often and wherever an ingest stops, the rows in the end are the same. */
#include "base/base.h"

#include "ingest/bench_test.h"
#include "ingest/testprogram.h"

struct program {
    uint64_t seed;
    uint32_t threads;
    int steps;
    int every; /* ingest after so many steps; 0: once, at the end */
    bool killed;
    uint64_t batch_rows; /* 0: one transaction */
};

static void ingest_in_batches(struct bench *b, uint64_t batch_rows)
{
    struct ingest_options options = {
        .wait_ms = 1000, .delete_consumed = true, .batch_rows = batch_rows};
    struct ingest_report report;
    struct error err = {0};

    if (ingest_run(b->db, b->trails, &options, &report, &err) < 0)
        fail_msg("%s", err.message);
}

/* The answers after running a program. */
static char *answers(const struct program *program)
{
    struct testprogram p;
    struct bench *b;
    void *state;
    char *all;

    bench_setup(&state);
    b = state;
    testprogram_begin(&p, &b->trail, program->seed, program->threads);
    for (int i = 1; i <= program->steps; i++) {
        testprogram_step(&p);
        if (program->every > 0 && i % program->every == 0)
            ingest_in_batches(b, program->batch_rows);
    }
    if (program->killed)
        testtrail_kill(&b->trail);
    else
        testtrail_finish(&b->trail, 0);
    ingest_in_batches(b, program->batch_rows);
    assert_false(io_exists(b->trail.dir.path)); /* everything was taken in */
    all = bench_everything(b);
    bench_teardown(&state);
    return all;
}

static void expect_same(const char *expected, const char *got, const struct program *p)
{
    char what[128];

    snprintf(what, sizeof(what), "seed %llu, every %d, batch %llu", (unsigned long long)p->seed,
             p->every, (unsigned long long)p->batch_rows);
    bench_same(expected, got, what);
}

static void test_in_pieces(void **state)
{
    static const int everies[] = {1, 90, 333};

    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct program p = {seed, 1 + (uint32_t)seed % 4, seed == 1 ? 50 : 1000,
                            0,    seed % 2 == 0,          0};
        char *at_once = answers(&p);

        assert_true(strlen(at_once) > 5000);
        for (size_t i = seed == 1 ? 0 : 1; i < ARRAY_SIZE(everies); i++) {
            char *in_pieces;

            p.every = everies[i];
            in_pieces = answers(&p);
            expect_same(at_once, in_pieces, &p);
            free(in_pieces);
        }
        free(at_once);
    }
}

/* Many transactions in one ingest, and segments that are given away between them. */
static void test_in_transactions(void **state)
{
    struct program p = {77, 3, 15000, 0, false, 0};
    char *at_once = answers(&p);

    (void)state;
    for (int i = 0; i < 3; i++) {
        char *in_pieces;

        p.batch_rows = i == 2 ? 0 : 1000 + 1500 * (uint64_t)i;
        p.every = i == 0 ? 0 : 3999;
        in_pieces = answers(&p);
        expect_same(at_once, in_pieces, &p);
        free(in_pieces);
    }
    free(at_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_pieces),
        cmocka_unit_test(test_in_transactions),
    };

    return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
