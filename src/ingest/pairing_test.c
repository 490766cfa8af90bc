/* pairing_test.c - from records to calls: each way in which a call begins, rests and ends. */
#include "base/base.h"

#include "ingest/bench_test.h"

static const char *const AB[] = {"a", "b"};

/* Values for the next record: ints. */
static void ints(struct testtrail *t, int64_t a, int64_t b)
{
    trail_put_int(testtrail_values(t), a);
    trail_put_int(&t->values, b);
}

static void result(struct testtrail *t, int64_t v)
{
    trail_put_int(testtrail_values(t), v);
}

#define CALLS                                                                                   \
    "SELECT call_id & 1099511627775, parent_id & 1099511627775, function_name, depth, "         \
    "start_ns - 1700000000000000000, duration_ns, self_ns, active_ns, resumes, outcome, args, " \
    "result "                                                                                   \
    "FROM calls ORDER BY thread_id, call_id"

static void test_nested(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t f = testtrail_code(t, "f", 0, 2, AB);
    uint32_t g = testtrail_code(t, "Cart.add.<locals>.g", 0, 0, NULL);

    testtrail_tick(t, 100);
    ints(t, 1, -2);
    testtrail_call(t, 1, f, 0);
    testtrail_tick(t, 10);
    testtrail_call(t, 1, g, 4);
    testtrail_tick(t, 7);
    testtrail_return(t, 1);
    testtrail_tick(t, 1);
    result(t, 3);
    testtrail_return(t, 1);
    testtrail_finish(t, 0);
    bench_ingest(b, false);
    bench_expect(b, CALLS,
                 "1 - f 0 100 18 11 18 0 return {\"a\":1,\"b\":-2} 3\n"
                 "2 1 g 1 110 7 7 7 0 return {} null");
    bench_expect(
        b,
        "SELECT caller_line, caller_function_id, day, host, started_at FROM calls ORDER BY call_id",
        "- - 2023-11-14 testhost 2023-11-14 22:13:20\n13 0 2023-11-14 testhost 2023-11-14 "
        "22:13:20");
    bench_expect(b, "SELECT status, end_reason, exit_code, command, pid > 0, host FROM traces",
                 "completed exit 0 python3 'it'\\''s.py' true testhost");
    bench_expect(
        b,
        "SELECT event_type, function_name, line_number, data FROM trace_events ORDER BY at_ns, id",
        "call f 10 "
        "{\"args\":{\"a\":1,\"b\":-2},\"kwargs\":{},\"is_async\":false,\"called_from\":null}\n"
        "call g 20 "
        "{\"args\":{},\"kwargs\":{},\"is_async\":false,\"called_from\":{\"function\":\"f\","
        "\"module\":\"shop\",\"file\":\"/nowhere/shop.py\",\"line\":13}}\n"
        "return g 20 {\"return_value\":null,\"duration_ms\":7e-06}\n"
        "return f 10 {\"return_value\":3,\"duration_ms\":1.8e-05}");
    bench_expect(b,
                 "SELECT count(DISTINCT id), bool_and(right(id::VARCHAR, 1) IN ('4', '5', '8', "
                 "'9')) FROM trace_events",
                 "4 true");
}

static void test_recursion(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t f = testtrail_code(t, "f", 0, 0, NULL);
    enum { DEPTH = 3000 };

    for (int i = 0; i < DEPTH; i++) {
        testtrail_call(t, 1, f, 3);
        testtrail_tick(t, 2);
    }
    for (int i = 0; i < DEPTH; i++)
        testtrail_return(t, 1);
    testtrail_finish(t, 0);
    bench_ingest(b, false);
    bench_expect(b,
                 "SELECT count(*), max(depth), sum(self_ns), max(duration_ns), count(*) FILTER "
                 "(parent_id = call_id - 1) "
                 "FROM calls",
                 "3000 2999 6000 6000 2999");
    bench_expect(
        b,
        "SELECT call_count, timed_calls, exception_count, total_ms, self_ms, min_ms, max_ms, gear "
        "FROM function_stats",
        "3000 3000 0 9.003 0.006 2e-06 0.006 full");
}

static void test_generator(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t f = testtrail_code(t, "f", 0, 0, NULL);
    uint32_t g = testtrail_code(t, "g", TRAIL_CODE_GENERATOR, 0, NULL);
    uint64_t id;

    testtrail_call(t, 1, f, 0);
    testtrail_tick(t, 1);
    testtrail_call(t, 1, g, 1);
    id = testtrail_top(t, 1);
    testtrail_tick(t, 5);
    testtrail_yield(t, 1);
    testtrail_tick(t, 100);
    testtrail_resume(t, 1, id, 0);
    testtrail_tick(t, 6);
    testtrail_yield(t, 1);
    testtrail_tick(t, 1000);
    testtrail_resume(t, 1, id, TRAIL_RESUME_THROWN);
    testtrail_tick(t, 7);
    testtrail_return(t, 1);
    testtrail_tick(t, 1);
    testtrail_return(t, 1);
    testtrail_finish(t, 0);
    bench_ingest(b, false);
    bench_expect(b, CALLS,
                 "1 - f 0 0 1120 1102 1120 0 return {} null\n"
                 "2 1 g 1 1 1118 18 18 2 return {} null");
}

static void test_ends_from_elsewhere(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t f = testtrail_code(t, "f", 0, 0, NULL);
    uint32_t g = testtrail_code(t, "g", TRAIL_CODE_GENERATOR, 0, NULL);
    uint64_t closed, middle;

    testtrail_call(t, 1, f, 0);
    testtrail_call(t, 1, g, 0);
    closed = testtrail_top(t, 1);
    testtrail_tick(t, 5);
    testtrail_yield(t, 1);
    testtrail_tick(t, 10);
    testtrail_end_of(t, 1, closed, TRAIL_END_CLOSED);
    testtrail_call(t, 1, f, 0); /* leaves from between two others */
    middle = testtrail_top(t, 1);
    testtrail_tick(t, 100);
    testtrail_call(t, 1, f, 0);
    testtrail_tick(t, 1000);
    testtrail_end_of(t, 1, middle, TRAIL_END_UNSEEN);
    testtrail_tick(t, 10000);
    testtrail_return(t, 1);
    result(t, 8);
    testtrail_end_of(t, 1, testtrail_top(t, 1), TRAIL_END_RETURNED);
    testtrail_finish(t, 0);
    bench_ingest(b, false);
    bench_expect(b, CALLS,
                 "1 - f 0 0 11115 10 11115 0 return {} 8\n"
                 "2 1 g 1 0 15 5 5 0 return {} -\n"
                 "3 1 f 1 15 1100 100 1100 0 return {} -\n"
                 "4 3 f 2 115 11000 11000 11000 0 return {} null");
    bench_expect(b, "SELECT outcome FROM call_rows ORDER BY call_id", "0\n2\n3\n0");
}

static void test_threads(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t g = testtrail_code(t, "g", TRAIL_CODE_ASYNC, 0, NULL);
    struct trail_call_from from = {.flags = TRAIL_FROM_PARENT, .code = g};
    uint64_t id;

    /* A coroutine that goes to and fro between two threads; and a call whose parent is in another thread. */
    testtrail_thread(t, 2);
    testtrail_call(t, 1, g, 0);
    id = testtrail_top(t, 1);
    from.ref = trail_ref_other(1, 1);
    testtrail_tick(t, 1);
    testtrail_call_from(t, 2, &from);
    testtrail_tick(t, 1);
    testtrail_return(t, 2);
    testtrail_yield(t, 1);
    for (int i = 0; i < 10; i++) {
        uint32_t stream = i % 2 == 0 ? 2 : 1;

        testtrail_tick(t, 10);
        testtrail_task(t, stream, 5, i == 1 ? 4 : 0, i == 2 ? "fetch" : NULL);
        testtrail_resume(t, stream, id, 0);
        testtrail_tick(t, 1);
        testtrail_yield(t, stream);
    }
    testtrail_tick(t, 10);
    testtrail_resume(t, 2, id, 0);
    result(t, 7);
    testtrail_return(t, 2);
    testtrail_finish(t, 0);
    bench_ingest(b, false);
    bench_expect(b, CALLS,
                 "1 - g 0 0 122 12 12 11 return {} 7\n"
                 "1 1 g 1 1 1 1 1 0 return {} null");
    bench_expect(b, "SELECT stream, thread_id, ident, name FROM threads ORDER BY stream",
                 "1 1001 77 a thread\n2 1002 77 a thread");
    bench_expect(b, "SELECT task_id, parent_task_id, name FROM tasks", "5 4 fetch");
}

static void test_exceptions(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t f = testtrail_code(t, "f", 0, 0, NULL);
    uint32_t g = testtrail_code(t, "A.g", 0, 0, NULL);
    uint32_t type = testtrail_type(t, "builtins", "ValueError");
    uint32_t own = testtrail_type(t, "shop", "Gone");
    struct trail_frame frames[] = {{g, 3}, {f, 5}};
    struct trail_raise raise = {.type = type,
                                .message = "bad \xed\xa0\x80",
                                .message_len = 7,
                                .frames = frames,
                                .nframes = 2};

    testtrail_call(t, 1, f, 0);
    testtrail_call(t, 1, g, 5);
    testtrail_raise(t, 1, &raise);
    testtrail_tick(t, 3);
    testtrail_unwind(t, 1);
    testtrail_handled(t, 1, 0, 8);
    raise = (struct trail_raise){.type = own,
                                 .frames = frames + 1,
                                 .nframes = 1,
                                 .flags = TRAIL_RAISE_CONTEXT,
                                 .context = 1};
    testtrail_raise(t, 1, &raise); /* while the first is handled */
    testtrail_handled(t, 1, 0, 2);
    testtrail_reraise(t, 1, 1); /* and then the first goes on */
    testtrail_unwind(t, 1);
    testtrail_finish(t, 1);
    bench_ingest(b, false);
    bench_expect(
        b, "SELECT function_name, outcome, exception_id & 255, result FROM calls ORDER BY call_id",
        "f exception 1 -\nA.g exception 1 -");
    bench_expect(b,
                 "SELECT exception_type, message, function_name, line_number, handled, handled_by, "
                 "cause_id IS NOT NULL, occurrence_count, id = event_id FROM exceptions ORDER BY "
                 "exception_id",
                 "ValueError bad \\ud800 A.g 22 false - false 1 true\n"
                 "Gone  f 14 true f true 1 true");
    bench_expect(b, "SELECT stack_trace FROM exceptions WHERE exception_type = 'ValueError'",
                 "Traceback (most recent call last):\n"
                 "  File \"/nowhere/shop.py\", line 14, in f\n"
                 "  File \"/nowhere/shop.py\", line 22, in g\n"
                 "ValueError: bad \\ud800\n");
    bench_expect(b, "SELECT status, end_reason, exit_code FROM traces", "failed exception 1");
    bench_expect(
        b,
        "SELECT data FROM trace_events WHERE event_type = 'exception' AND (data->>'handled') = "
        "'false'",
        "{\"exception_type\":\"ValueError\",\"message\":\"bad \\\\ud800\",\"handled\":\"false\"}");
    bench_expect(b, "SELECT count(*) FROM exceptions e JOIN trace_events v ON v.id = e.event_id",
                 "2");
    bench_expect(b, "SELECT exception_count FROM function_stats ORDER BY function_name", "1\n1");
}

static void test_many_exceptions_late(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t f = testtrail_code(t, "f", 0, 0, NULL);
    struct trail_frame frame = {f, 1};
    struct trail_raise raise = {
        .type = testtrail_type(t, "builtins", "KeyError"), .frames = &frame, .nframes = 1};
    enum { N = 1000 };

    testtrail_call(t, 1, f, 0);
    for (int i = 0; i < N; i++)
        testtrail_raise(t, 1, &raise);
    for (int i = 0; i < N; i += 2) { /* every second is handled, long after its row has gone out */
        testtrail_reraise(t, 1, (uint64_t)i);
        testtrail_handled(t, 1, f, 3);
    }
    testtrail_return(t, 1);
    testtrail_finish(t, 0);
    bench_ingest(b, false);
    bench_expect(b,
                 "SELECT handled, handled_by, handled_line, count(*) FROM exceptions GROUP BY ALL "
                 "ORDER BY ALL",
                 "true f 12 500\nunknown - - 500");
    bench_expect(b, "SELECT max(occurrence_count) FROM exceptions", "1000");
}

static void test_arguments(void **state)
{
    static const char *const names[] = {"p", "k", "rest", "more"};
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    struct testtrail_signature all = {TRAIL_CODE_VARARGS | TRAIL_CODE_VARKEYWORDS, 4, 1, names};
    struct testtrail_signature keyword = {0, 1, 1, names + 1};
    uint32_t f = testtrail_code_with(t, "f", &all), g = testtrail_code_with(t, "g", &keyword);
    struct trail_out *v = testtrail_values(t);

    trail_put_int(v, 1);
    trail_put_string(v, TRAIL_TAG_STR, "kw", 2);
    trail_put_u8(v, TRAIL_TAG_TUPLE);
    trail_put_uv(v, 1);
    trail_put_uv(v, 1);
    trail_put_int(v, 5);
    trail_put_u8(v, TRAIL_TAG_DICT);
    trail_put_uv(v, 1);
    trail_put_uv(v, 1);
    trail_put_string(v, TRAIL_TAG_STR, "x", 1);
    trail_put_u8(v, TRAIL_TAG_NONE);
    testtrail_call(t, 1, f, 0);
    result(t, 9);
    testtrail_call(t, 1, g, 0);
    testtrail_finish(t, 0);
    bench_ingest(b, false);
    bench_expect(b, "SELECT args FROM calls ORDER BY call_id",
                 "{\"p\":1,\"rest\":[5],\"k\":\"kw\",\"more\":{\"x\":null}}\n{\"k\":9}");
    bench_expect(b, "SELECT data->'args', data->'kwargs' FROM trace_events ORDER BY call_id",
                 "{\"p\":1,\"rest\":[5]} {\"k\":\"kw\",\"x\":null}\n{} {\"k\":9}");
    bench_expect(b, "SELECT outcome, duration_ns, result FROM calls", "open - -\nopen - -");
    bench_expect(b, "SELECT call_count, timed_calls, p50_ms FROM function_stats", "1 0 -\n1 0 -");
}

static void test_lines_and_losses(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t f = testtrail_code(t, "f", 0, 0, NULL);

    testtrail_call(t, 1, f, 0);
    testtrail_line(t, 1, 1);
    testtrail_line(t, 1, 3);
    testtrail_line(t, 1, -2);
    testtrail_loss(t, 1, TRAIL_LOSS_QUOTA, f, 17);
    testtrail_loss(t, 1, TRAIL_LOSS_QUOTA, f, 3);
    testtrail_return(t, 1);
    testtrail_finish(t, 0);
    bench_ingest(b, false);
    bench_expect(b, "SELECT line_number, function_name FROM lines ORDER BY line_id",
                 "11 f\n14 f\n12 f");
    bench_expect(b, "SELECT cause, function_id, events FROM losses", "quota 0 20");
    bench_expect(b, "SELECT line_number FROM trace_events WHERE event_type = 'line' ORDER BY id",
                 "11\n14\n12");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        T(test_nested),
        T(test_recursion),
        T(test_generator),
        T(test_ends_from_elsewhere),
        T(test_threads),
        T(test_exceptions),
        T(test_many_exceptions_late),
        T(test_arguments),
        T(test_lines_and_losses),
    };

    return cmocka_run_group_tests_name("pairing", tests, NULL, NULL);
}
