/*
 * filter_test.c - the filter finds what the tables say, by 32, by 16 and one by one alike, wherever a text begins and ends;
 * and the secret keys of AWS, which have no anchor, are found from wherever one begins to look.
 */
#include "base/base.h"

#include "redact/detect.h"

#include <setjmp.h>

#include <cmocka.h>

#define TEXT 700
#define TURNS 3000

static const unsigned ways[] = {0, FILTER_BY_16, FILTER_BY_16 | FILTER_BY_32};
static uint64_t state = 42;
static size_t told; /* short texts that had a candidate */

static unsigned drawn(unsigned below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 33) % below;
}

static struct redact *make(const char *const *names, size_t n)
{
    struct redact_config config = {names, n, NULL, 0};
    struct redact *r;
    char why[160];

    r = redact_new(&config, why, sizeof(why));
    assert_non_null(r);
    return r;
}

/* Text that is full of beginnings of secrets, and of what is almost one. */
static size_t draw(unsigned char *text, size_t most)
{
    static const char *const parts[] = {
        "ghp_", "password=", "4111 1111", "://",   "eyJh", "Bearer ", "passa", "AKIA", "------",
        "key:", "1//0",      "\xc3\xa9",  "Vault", "x",    " ",       "q",     "12",   "\n"};
    size_t len = drawn((unsigned)most), at = 0, n;

    while (at < len) {
        const char *part = parts[drawn(ARRAY_SIZE(parts))];

        if (drawn(3) == 0) {
            text[at++] = (unsigned char)drawn(256);
            continue;
        }
        n = strlen(part);
        n = n < len - at ? n : len - at;
        memcpy(text + at, part, n);
        at += n;
    }
    return len;
}

/* All candidates of a walk, and of one that jumps ahead at times. */
static void compare(const struct filter *f, const unsigned char *text, size_t len)
{
    size_t from = drawn(40), at, plain, jump = drawn(4) == 0 ? drawn(80) : 0;
    struct filter_walk walk = {from, 0, from, 0};

    if (filter_has_none(f, text, len))
        assert_int_equal(filter_next_plain(f, text, len, 0), len);
    else if (f->ways != 0 && len <= FILTER_SHORT) /* no more than halves of bytes mistake */
        told += filter_next_plain(f, text, len, 0) < len;

    do {
        plain = from < len ? filter_next_plain(f, text, len, from) : len;
        at = filter_next(f, text, len, &walk);
        if (at != plain)
            fail_msg("ways %u, length %zu, from %zu: %zu, not %zu", f->ways, len, from, at, plain);
        from = at + 1 + jump;
        if (jump > 0)
            walk.from = from;
    } while (from < len);
}

static void test_all_ways_agree(void **unused)
{
    static const char *const names[] = {"vault item", "q", "zz", "\xc3\xa9t"};
    struct redact *made[] = {make(NULL, 0), make(names, 3)};
    unsigned char *text;
    size_t turn, i, k, len;

    (void)unused;
    for (turn = 0; turn < TURNS; turn++) {
        text = malloc(TEXT);
        assert_non_null(text);
        len = draw(text, turn % 2 == 0 ? TEXT : FILTER_SHORT + 5);
        text = realloc(text, len > 0 ? len : 1); /* so that a byte too far is seen */
        assert_non_null(text);
        for (k = 0; k < 2; k++) {
            struct filter f = made[k]->filter;

            for (i = 0; i < ARRAY_SIZE(ways); i++) {
                f.ways = ways[i] & filter_ways();
                compare(&f, text, len);
            }
        }
        free(text);
    }
    if (filter_ways() != 0)
        assert_in_range(told, TURNS / 4, SIZE_MAX);
    redact_free(made[0]);
    redact_free(made[1]);
}

/* Wherever a secret stands in a text it is found in all ways. */
static void test_every_place(void **unused)
{
    static const char secret[] = "token=hunter2-hunter2";
    struct redact *r = make(NULL, 0);
    char text[160];
    struct redact_text t = {text, 0, false};
    size_t at, i;

    (void)unused;
    for (i = 0; i < ARRAY_SIZE(ways); i++) {
        r->filter.ways = ways[i] & filter_ways();
        for (t.len = sizeof(secret) - 1; t.len <= sizeof(text); t.len++) {
            for (at = 0; at + sizeof(secret) - 1 <= t.len; at++) {
                memset(text, '.', sizeof(text));
                memcpy(text + at, secret, sizeof(secret) - 1);
                assert_true(redact_has(r, &t));
                text[at + 1] = '.';
                assert_false(redact_has(r, &t));
            }
        }
    }
    redact_free(r);
}

/* The filter is worth its name: of words without any meaning it lets few through. */
static void test_usual_text_is_passed_over(void **unused)
{
    static const char text[] =
        "Nobody could have said afterwards why the old clock in the hall had stopped at a quarter "
        "to nine; it was wound each Sunday, and each Sunday somebody wrote down that it was right. "
        "for item in order.items:\n    total += item.price * item.count\n    yield total / 100\n";
    struct redact *r = make(NULL, 0);
    struct filter_walk walk = {0, 0, 0, 0};
    size_t n = 0, len = sizeof(text) - 1;

    (void)unused;
    while (filter_next(&r->filter, (const unsigned char *)text, len, &walk) < len)
        n++;
    assert_in_range(n, 0, 3);
    redact_free(r);
}

/* The first place at `from` or later where a look that begins there finds one. */
static size_t slow_aws(const struct redact_text *t, size_t from)
{
    struct redact_span span;
    size_t at;

    for (at = from; at < t->len; at++)
        if (detect_aws_secret(t, at, &span) && span.start == at)
            return at;
    return t->len;
}

static void test_aws_secrets_from_anywhere(void **unused)
{
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[400];
    struct redact_text t = {text, 0, false};
    struct redact_span span;
    size_t turn, at, run, found = 0;

    (void)unused;
    for (turn = 0; turn < TURNS; turn++) {
        for (at = 0; at < sizeof(text);) {
            run = drawn(3) == 0 ? 38 + drawn(6) : drawn(130);
            for (; run > 0 && at < sizeof(text); run--)
                text[at++] = chars[drawn(sizeof(chars) - 1)];
            if (at < sizeof(text))
                text[at++] = " \"=-."[drawn(5)];
        }
        t.len = drawn(sizeof(text));
        t.more = drawn(2);
        at = drawn(60);
        if (!detect_aws_secret(&t, at, &span))
            span.start = t.len > at ? t.len : at;
        else
            found++;
        assert_int_equal(span.start, slow_aws(&t, at) > at ? slow_aws(&t, at) : at);
    }
    assert_in_range(found, TURNS / 20, TURNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_ways_agree),
        cmocka_unit_test(test_every_place),
        cmocka_unit_test(test_usual_text_is_passed_over),
        cmocka_unit_test(test_aws_secrets_from_anywhere),
    };

    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
