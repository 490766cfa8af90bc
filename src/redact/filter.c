/* filter.c - see filter.h. */
#include "base/base.h"

#include "redact/filter.h"

#include <math.h>

/* ---- anchors ------------------------------------------------------------------------------ */

static void set_add(uint64_t *set, unsigned from, unsigned to)
{
    for (; from <= to; from++)
        set[from >> 6] |= UINT64_C(1) << (from & 63);
}

static void set_letters(uint64_t *set)
{
    set_add(set, 'A', 'Z');
    set_add(set, 'a', 'z');
}

static void set_class(uint64_t *set, char class)
{
    static const char between[] = "=:\"'` \\]\t_-";
    const char *c;

    switch (class) {
    case 'd':
        set_add(set, '0', '9');
        break;
    case 'l':
        set_letters(set);
        break;
    case 'w':
        set_letters(set);
        set_add(set, '0', '9');
        break;
    case 's':
        for (c = between; *c != '\0'; c++)
            set_add(set, (unsigned char)*c, (unsigned char)*c);
        set_add(set, '0', '9');
        set_add(set, 'A', 'Z');
        break;
    case 'n':
        set_add(set, 1, 'a' - 1);
        set_add(set, 'z' + 1, 0x7f);
        break;
    default:
        set_add(set, 1, 0xff);
        break;
    }
}

void filter_anchor(struct filter_anchor *anchor, const char *text, bool any_case)
{
    size_t i;

    memset(anchor, 0, sizeof(*anchor));
    for (i = 0; i < FILTER_WIDTH && *text != '\0'; i++, text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '\\') {
            set_class(anchor->sets[i], *++text);
            continue;
        }
        set_add(anchor->sets[i], c, c);
        if (any_case && ((c | 32) >= 'a' && (c | 32) <= 'z'))
            set_add(anchor->sets[i], c ^ 32u, c ^ 32u);
    }
    for (; i < FILTER_WIDTH; i++)
        set_class(anchor->sets[i], '.');
}

/* ---- buckets ------------------------------------------------------------------------------ */

struct halves {
    uint16_t low, high; /* bit n: a byte with that half is in the set */
};

static struct halves halves_of(const uint64_t *set)
{
    struct halves h = {0, 0};
    unsigned high;

    for (high = 0; high < 16; high++) {
        unsigned row = set[high >> 2] >> (high & 3) * 16 & 0xffff;

        h.low |= (uint16_t)row;
        h.high |= (uint16_t)((row != 0) << high);
    }
    return h;
}

/* How often each byte comes in prose, notes and program text, of 4,000; the rest never or once. */
static const uint8_t often[256] = {
    1,   1,   1,   1,  1,  1,  1,   1,  1,  1,  99,  1,  1,  1,   1,  1,   1,   1,  1,
    1,   1,   1,   1,  1,  1,  1,   1,  1,  1,  1,   1,  1,  255, 1,  25,  13,  1,  2,
    1,   26,  29,  29, 14, 2,  42,  20, 41, 5,  10,  10, 6,  3,   3,  3,   3,   1,  2,
    2,   26,  3,   2,  19, 4,  1,   1,  12, 4,  9,   8,  16, 6,   4,  4,   13,  1,  1,
    11,  5,   11,  9,  8,  1,  10,  11, 14, 6,  3,   3,  1,  3,   1,  4,   2,   4,  1,
    44,  20,  170, 39, 89, 89, 255, 72, 39, 70, 168, 4,  17, 103, 62, 165, 170, 61, 3,
    171, 167, 213, 69, 22, 26, 14,  38, 3,  1,  12,  1,  1,  1,
};

/* How much of usual text a set of halves takes. */
static double part(struct halves h)
{
    unsigned sum = 0, high, low;

    for (high = h.high; high != 0; high &= high - 1)
        for (low = h.low; low != 0; low &= low - 1)
            sum += often[__builtin_ctz(high) << 4 | __builtin_ctz(low)];
    return sum + 1;
}

/* What a bucket takes at one place, once the tables are filled. */
static struct halves halves_in(const struct filter *f, size_t bucket, size_t place)
{
    size_t group = bucket / 8, bit = bucket % 8;
    struct halves h = {0, 0};
    unsigned half;

    for (half = 0; half < 16; half++) {
        h.low |= (uint16_t)((f->low[group][place][half] >> bit & 1) << half);
        h.high |= (uint16_t)((f->high[group][place][half] >> bit & 1) << half);
    }
    return h;
}

/* The bucket that lets the least more of usual text through with the anchor in it. */
static size_t choose(const struct filter *f, const struct filter_anchor *anchor)
{
    double least = INFINITY;
    size_t best = 0, b, i;

    for (b = 0; b < FILTER_BUCKETS; b++) {
        double now = 1, then = 1;

        for (i = 0; i < FILTER_WIDTH; i++) {
            struct halves x = halves_in(f, b, i), y = halves_of(anchor->sets[i]);

            now *= part(x);
            y.low |= x.low;
            y.high |= x.high;
            then *= part(y);
        }
        if (then - now < least) {
            least = then - now;
            best = b;
        }
    }
    return best;
}

static void fill(struct filter *f, const struct filter_anchor *anchor, size_t bucket)
{
    uint8_t bit = (uint8_t)(1u << bucket % 8);
    size_t group = bucket / 8, i, word;
    uint64_t bits;

    for (i = 0; i < FILTER_WIDTH; i++) {
        for (word = 0; word < 4; word++) {
            for (bits = anchor->sets[i][word]; bits != 0; bits &= bits - 1) {
                size_t c = word * 64 + (size_t)__builtin_ctzll(bits);

                f->exact[i][c] |= (uint16_t)(1u << bucket);
                f->low[group][i][c & 15] |= bit;
                f->high[group][i][c >> 4] |= bit;
            }
        }
    }
}

void filter_init(struct filter *f, const struct filter_anchor *anchors, size_t n)
{
    size_t i;

    memset(f, 0, sizeof(*f));
    f->ways = filter_ways();
    for (i = 0; i < n; i++)
        fill(f, &anchors[i],
             anchors[i].bucket < FILTER_BUCKETS ? anchors[i].bucket : choose(f, &anchors[i]));
}
