/* filter.c - see filter.h. */
#include "base/base.h"

#include "redact/filter.h"

#include <math.h>

#define BUCKETS 8

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
    static const char between[] = "=:\"'` \\]\t";
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
        break;
    case 'n':
        set_add(set, 1, 'A' - 1);
        set_add(set, 'Z' + 1, 'a' - 1);
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

struct bucket {
    struct halves halves[FILTER_WIDTH];
    double parts[FILTER_WIDTH]; /* part() of each; 0: the bucket is empty */
    double share;               /* their product: how often it lets a place of usual text through */
};

static double product(const double *parts)
{
    double ret = 1;

    for (size_t i = 0; i < FILTER_WIDTH; i++)
        ret *= parts[i];
    return ret;
}

/* What bucket `b` would be with the anchor in it; false: its share would grow by `most` or more. A joined part is never less than
 * the two that it is made of, so most buckets need no counting: this is a part of each start. */
static bool join(const struct bucket *b, const struct bucket *anchor, double most,
                 struct bucket *ret)
{
    for (size_t i = 0; i < FILTER_WIDTH; i++)
        ret->parts[i] = b->parts[i] > anchor->parts[i] ? b->parts[i] : anchor->parts[i];
    if (product(ret->parts) - b->share >= most)
        return false;
    for (size_t i = 0; i < FILTER_WIDTH; i++) {
        const struct halves *x = &b->halves[i], *y = &anchor->halves[i];
        struct halves h = {x->low | y->low, x->high | y->high};

        ret->halves[i] = h;
        if (h.low == y->low && h.high == y->high)
            ret->parts[i] = anchor->parts[i];
        else if (h.low != x->low || h.high != x->high)
            ret->parts[i] = part(h);
    }
    ret->share = product(ret->parts);
    return ret->share - b->share < most;
}

/* Puts the anchor into the bucket that gets worse the least: its number. */
static size_t choose(struct bucket *buckets, const struct bucket *anchor)
{
    struct bucket joined, best_joined = buckets[0];
    double least = INFINITY;
    size_t best = 0;

    for (size_t b = 0; b < BUCKETS; b++) {
        if (join(&buckets[b], anchor, least, &joined)) {
            best = b;
            best_joined = joined;
            least = joined.share - buckets[b].share;
        }
    }
    buckets[best] = best_joined;
    return best;
}

static void fill(struct filter *f, const struct filter_anchor *anchor, unsigned b)
{
    uint64_t bits;
    unsigned word;
    size_t i;

    for (i = 0; i < FILTER_WIDTH; i++) {
        for (word = 0; word < 4; word++) {
            for (bits = anchor->sets[i][word]; bits != 0; bits &= bits - 1) {
                unsigned c = word * 64 + (unsigned)__builtin_ctzll(bits);

                f->exact[i][c] |= (uint8_t)(1u << b);
                f->low[i][c & 15] |= (uint8_t)(1u << b);
                f->high[i][c >> 4] |= (uint8_t)(1u << b);
            }
        }
    }
}

/* ---- looking ------------------------------------------------------------------------------ */

size_t filter_next_plain(const struct filter *f, const unsigned char *text, size_t len, size_t from)
{
    size_t i;

    for (i = from; i + FILTER_WIDTH <= len; i++)
        if (filter_at(f, text + i))
            return i;
    return len;
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

/* 0: not looked yet; else 1, and what there is. Not __builtin_cpu_supports(), whose constructor asks for all that there may be
 * when the library is loaded: in a virtual machine each CPUID is a trap, and together they were a tenth of a program's start. */
enum { LOOKED = 1, SSSE3 = 2, AVX2 = 4 };
static unsigned cpu;

static void look_at_cpu(void)
{
    unsigned most, a, b, c, d, found = LOOKED, low, high;

    if (cpu != 0)
        return;
    __cpuid(0, most, b, c, d);
    __cpuid(1, a, b, c, d);
    found |= (c & bit_SSSE3) != 0 ? SSSE3 : 0;
    if (most >= 7 && (c & bit_OSXSAVE) != 0) {
        __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        __cpuid_count(7, 0, a, b, c, d);
        /* The system has to keep the wide registers too. */
        found |= (low & 6) == 6 && (b & bit_AVX2) != 0 ? AVX2 : 0;
    }
    __atomic_store_n(&cpu, found, __ATOMIC_RELAXED);
}

#define HAS_VECTORS ((cpu & SSSE3) != 0)
#define WITH_VECTORS __attribute__((target("ssse3")))

typedef __m128i vector;

WITH_VECTORS static inline vector load(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

/* The buckets that take byte number `i` of each of sixteen places. */
WITH_VECTORS static inline vector taken(const struct filter *f, vector bytes, size_t i)
{
    const vector mask = _mm_set1_epi8(15);
    vector low = _mm_shuffle_epi8(load(f->low[i]), _mm_and_si128(bytes, mask));
    vector high = _mm_shuffle_epi8(load(f->high[i]), _mm_and_si128(_mm_srli_epi16(bytes, 4), mask));

    return _mm_and_si128(low, high);
}

/* Bit k: the place k may be a candidate. Reads 19 bytes. */
WITH_VECTORS static inline uint64_t candidates(const struct filter *f, const unsigned char *p)
{
    vector all = _mm_and_si128(_mm_and_si128(taken(f, load(p), 0), taken(f, load(p + 1), 1)),
                               _mm_and_si128(taken(f, load(p + 2), 2), taken(f, load(p + 3), 3)));

    return (uint64_t)(uint16_t)~_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_setzero_si128()));
}

/* The same for 32 places, in 35 bytes. */
__attribute__((target("avx2"))) static inline __m256i taken_wide(const struct filter *f,
                                                                 const unsigned char *p, size_t i)
{
    const __m256i mask = _mm256_set1_epi8(15);
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(p + i));
    __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)f->low[i]));
    __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)f->high[i]));

    return _mm256_and_si256(
        _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, mask)),
        _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask)));
}

#define HAS_WIDE ((cpu & AVX2) != 0)
#define WIDE 32

/* The first block of 32 places from `at` on that has candidates; what is too near to the end is left for the others. */
__attribute__((target("avx2"))) static size_t next_wide(const struct filter *f,
                                                        const unsigned char *text, size_t len,
                                                        size_t at, uint64_t *ret_bits)
{
    for (; at + WIDE + FILTER_WIDTH - 1 <= len; at += WIDE) {
        const unsigned char *p = text + at;
        __m256i all = _mm256_and_si256(_mm256_and_si256(taken_wide(f, p, 0), taken_wide(f, p, 1)),
                                       _mm256_and_si256(taken_wide(f, p, 2), taken_wide(f, p, 3)));

        *ret_bits = (uint32_t)~_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, _mm256_setzero_si256()));
        if (*ret_bits != 0)
            break;
    }
    return at;
}

#define CANDIDATE_BITS 1
#elif defined(__aarch64__)
#include <arm_neon.h>
#define look_at_cpu() ((void)0)
#define HAS_VECTORS true
#define WITH_VECTORS

typedef uint8x16_t vector;

static inline vector taken(const struct filter *f, vector bytes, size_t i)
{
    vector low = vqtbl1q_u8(vld1q_u8(f->low[i]), vandq_u8(bytes, vdupq_n_u8(15)));
    vector high = vqtbl1q_u8(vld1q_u8(f->high[i]), vshrq_n_u8(bytes, 4));

    return vandq_u8(low, high);
}

/* Bits 4k to 4k + 3: the place k may be a candidate. */
static inline uint64_t candidates(const struct filter *f, const unsigned char *p)
{
    vector all = vandq_u8(vandq_u8(taken(f, vld1q_u8(p), 0), taken(f, vld1q_u8(p + 1), 1)),
                          vandq_u8(taken(f, vld1q_u8(p + 2), 2), taken(f, vld1q_u8(p + 3), 3)));
    vector some = vtstq_u8(all, all);

    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(some), 4)), 0);
}

#define CANDIDATE_BITS 4
#else
#define look_at_cpu() ((void)0)
#define HAS_VECTORS false
#endif

#ifdef CANDIDATE_BITS

#define STEP 16
#define READS (STEP + FILTER_WIDTH - 1)
#define PLACE_BITS ((UINT64_C(1) << CANDIDATE_BITS) - 1)

/* The first true candidate of the walk's block that is not before walk->from, or `len`. */
static inline size_t first_of(const struct filter *f, const unsigned char *text, size_t len,
                              struct filter_walk *walk)
{
    while (walk->bits != 0) {
        size_t k = (size_t)__builtin_ctzll(walk->bits) / CANDIDATE_BITS;
        size_t at = walk->block + k;

        walk->bits &= ~(PLACE_BITS << (k * CANDIDATE_BITS));
        if (at >= walk->from && at + FILTER_WIDTH <= len && filter_at(f, text + at)) {
            walk->from = walk->bits != 0 ? at + 1 : walk->block + walk->width;
            return at;
        }
    }
    return len;
}

/* What is shorter than a block is looked at in a copy with zeros behind it, which no anchor takes. */
WITH_VECTORS static uint64_t short_block(const struct filter *f, const unsigned char *text,
                                         size_t len)
{
    unsigned char copy[READS + 13] = {0};

    if (len >= 16) {
        memcpy(copy, text, 16);
        memcpy(copy + len - 4, text + len - 4, 4);
    } else if (len >= 8) {
        memcpy(copy, text, 8);
        memcpy(copy + len - 8, text + len - 8, 8);
    } else {
        memcpy(copy, text, 4);
        memcpy(copy + len - 4, text + len - 4, 4);
    }
    return candidates(f, copy);
}

/* Looks at the blocks from walk->from on until one has candidates. False: none has. The last block is moved back to where it
 * fits: what it holds of the text before was looked at, and lies before walk->from. */
WITH_VECTORS static bool next_block(const struct filter *f, const unsigned char *text, size_t len,
                                    struct filter_walk *walk)
{
    size_t at = walk->from;

    if (at >= len)
        return false;
#ifdef HAS_WIDE
    if (len - at >= 2 * WIDE && HAS_WIDE) {
        at = next_wide(f, text, len, at, &walk->bits);
        walk->block = at;
        walk->width = WIDE;
        if (walk->bits != 0)
            return true;
    }
#endif
    walk->width = STEP;
    for (; at + READS <= len; at += STEP) {
        walk->bits = candidates(f, text + at);
        if (UNLIKELY(walk->bits != 0)) {
            walk->block = at;
            return true;
        }
    }
    if (at + FILTER_WIDTH > len)
        return false;
    walk->from = at > walk->from ? at : walk->from;
    if (len >= READS) {
        walk->block = len - READS;
        walk->bits = candidates(f, text + walk->block);
    } else {
        walk->block = at;
        walk->bits = short_block(f, text + at, len - at);
    }
    return walk->bits != 0;
}

static size_t next_by_vector(const struct filter *f, const unsigned char *text, size_t len,
                             struct filter_walk *walk)
{
    size_t at = len;

    while (at == len) {
        if (walk->bits == 0 && !next_block(f, text, len, walk)) {
            walk->from = len;
            break;
        }
        at = first_of(f, text, len, walk);
        if (at == len)
            walk->from =
                walk->block + walk->width > walk->from ? walk->block + walk->width : walk->from;
    }
    return at;
}

#endif

/* Each anchor goes where it does the least harm. */
void filter_init(struct filter *f, const struct filter_anchor *anchors, size_t n)
{
    struct bucket buckets[BUCKETS] = {{{{0, 0}}, {0}, 0}};
    struct bucket anchor; /* one with nothing else in it */

    look_at_cpu();
    memset(f, 0, sizeof(*f));
    for (size_t a = 0; a < n; a++) {
        for (size_t i = 0; i < FILTER_WIDTH; i++) {
            anchor.halves[i] = halves_of(anchors[a].sets[i]);
            anchor.parts[i] = part(anchor.halves[i]);
        }
        fill(f, &anchors[a], (unsigned)choose(buckets, &anchor));
    }
}

size_t filter_next(const struct filter *f, const unsigned char *text, size_t len,
                   struct filter_walk *walk)
{
    size_t at;

#ifdef CANDIDATE_BITS
    if (LIKELY(HAS_VECTORS))
        return next_by_vector(f, text, len, walk);
#endif
    at = walk->from < len ? filter_next_plain(f, text, len, walk->from) : len;
    walk->from = at + 1;
    return at;
}
