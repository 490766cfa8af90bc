/*
 * redact.c - what the scan for secrets costs: GB/s on text without a hit, of several kinds, and ns for the short strings
 * that most arguments are. In the same run, memchr over the same bytes and a plain loop over them as the floor.
 * usage: redact [--check]      --check: status 1 where the scan is below 1 GB/s
 */
#include "base/base.h"

#include "redact/detect.h"

#include <time.h>

#define TARGET 1.0 /* GB/s */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const struct {
    const char *name, *text;
} kinds[] = {
    {"prose",
     "It was a bright cold day in April, and the clocks were striking thirteen; nobody asked the "
     "author "
     "about the passengers on the platform, or about what the secretary had written down. "},
    {"json", "{\"id\": 48211, \"name\": \"Ada Lovelace\", \"tags\": [\"a\", \"bb\"], \"total\": "
             "19.90, \"ok\": true}, "},
    {"python",
     "def total(self, items):\n    result = sum(item.price * item.count for item in items)\n"
     "    return round(result, 2)  # in the currency of the order\n\n"},
    {"log", "2024-01-15 10:30:45,123 INFO shop.orders: order 4821 of customer 17 took 12.5 ms\n"},
    {"base64",
     "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII"},
    {"blanks", "                                                                "},
};

static size_t sink;

static size_t by_filter(const struct redact *r, const struct redact_text *t)
{
    return redact_has(r, t);
}

static size_t by_loop(const struct redact *r, const struct redact_text *t)
{
    size_t i, n = 0;

    (void)r;
    for (i = 0; i < t->len; i++) {
        n += t->bytes[i] == 1;
        __asm__ volatile("" : "+r"(n));
    }
    return n;
}

static size_t by_memchr(const struct redact *r, const struct redact_text *t)
{
    (void)r;
    return memchr(t->bytes, 1, t->len) != NULL;
}

typedef size_t way(const struct redact *, const struct redact_text *);

/* Best of many turns: another program may have the machine in some. */
static double rate(way *scan, const struct redact *r, const struct redact_text *t)
{
    double best = 0, from, gb;
    int turn;

    for (turn = 0; turn < 200; turn++) {
        from = now();
        sink += scan(r, t);
        gb = (double)t->len / (now() - from) * 1e-9;
        best = gb > best ? gb : best;
    }
    return best;
}

static void short_strings(const struct redact *r)
{
    static const char *const words[] = {"customer", "order-4821", "a name of some 25 bytes..",
                                        "https://example.com/orders?page=2"};
    struct redact_text t = {NULL, 0, false};
    double from, best;
    size_t i, n;
    int turn;

    for (i = 0; i < ARRAY_SIZE(words); i++) {
        t.bytes = words[i];
        t.len = strlen(words[i]);
        best = 1;
        for (turn = 0; turn < 5; turn++) {
            from = now();
            for (n = 0; n < 1000000; n++) {
                __asm__ volatile("" : : "r"(t.bytes) : "memory");
                sink += redact_has(r, &t);
            }
            from = now() - from;
            best = from < best ? from : best;
        }
        printf("%-36s %6.1f ns\n", words[i], best * 1e9 / 1e6);
    }
}

/* Each kind of text, in a table; the slowest rate of the scan. */
static double long_texts(const struct redact *r, char *text, size_t size)
{
    struct redact_text t = {text, size, false};
    double slowest = 0, scan;
    size_t i, at, len;

    printf("%-8s %10s %10s %10s   GB/s, text without a secret\n", "text", "scan", "loop", "memchr");
    for (i = 0; i < ARRAY_SIZE(kinds); i++) {
        len = strlen(kinds[i].text);
        for (at = 0; at < size; at += len)
            memcpy(text + at, kinds[i].text, len < size - at ? len : size - at);
        if (redact_has(r, &t))
            printf("%s has a secret?\n", kinds[i].name);
        scan = rate(by_filter, r, &t);
        printf("%-8s %10.2f %10.2f %10.2f\n", kinds[i].name, scan, rate(by_loop, r, &t),
               rate(by_memchr, r, &t));
        slowest = i == 0 || scan < slowest ? scan : slowest;
    }
    return slowest;
}

int main(int argc, char **argv)
{
    size_t size = 1000 * 1000;
    struct redact_config none = {0};
    char why[160];
    struct redact *r = redact_new(&none, why, sizeof(why)); /* Owned */
    char *text = malloc(size);                              /* Owned */
    double slowest;

    if (r == NULL || text == NULL)
        return 1;
    slowest = long_texts(r, text, size);
    short_strings(r);
    redact_free(r);
    free(text);
    printf("slowest: %.2f GB/s, target %.1f: %s\n", slowest, TARGET,
           slowest >= TARGET ? "met" : "missed");
    return sink == 42 || (argc > 1 && strcmp(argv[1], "--check") == 0 && slowest < TARGET);
}
