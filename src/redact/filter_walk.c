/* filter_walk.c - see filter.h: looks at a text, many places at once where the CPU can. */
#include "base/base.h"

#include "redact/filter.h"

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

/* Not __builtin_cpu_supports(), whose constructor asks for all that there may be when the library is loaded: in a virtual
 * machine each CPUID is a trap, and together they were a tenth of a program's start. */
static unsigned look_at_cpu(void)
{
    unsigned most, a, b, c, d, found = 0, low, high;

    __cpuid(0, most, b, c, d);
    __cpuid(1, a, b, c, d);
    if ((c & bit_SSSE3) != 0)
        found |= FILTER_BY_16;
    if (most >= 7 && (c & bit_OSXSAVE) != 0) {
        __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        __cpuid_count(7, 0, a, b, c, d);
        /* The system has to keep the wide registers too. */
        if ((low & 6) == 6 && (b & bit_AVX2) != 0)
            found |= FILTER_BY_32;
    }
    return found;
}

#define WITH_VECTORS __attribute__((target("ssse3")))

typedef __m128i vector;

WITH_VECTORS static inline vector load(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

/* The buckets of a group that take byte number `i` of each of sixteen places. */
WITH_VECTORS static inline vector taken(const struct filter *f, size_t group, vector bytes,
                                        size_t i)
{
    const vector mask = _mm_set1_epi8(15);
    vector low = _mm_shuffle_epi8(load(f->low[group][i]), _mm_and_si128(bytes, mask));
    vector high =
        _mm_shuffle_epi8(load(f->high[group][i]), _mm_and_si128(_mm_srli_epi16(bytes, 4), mask));

    return _mm_and_si128(low, high);
}

WITH_VECTORS static inline vector both(vector a, vector b)
{
    return _mm_and_si128(a, b);
}

WITH_VECTORS static inline vector either(vector a, vector b)
{
    return _mm_or_si128(a, b);
}

WITH_VECTORS static inline uint64_t bits_of(vector some)
{
    return (uint64_t)(uint16_t)~_mm_movemask_epi8(_mm_cmpeq_epi8(some, _mm_setzero_si128()));
}

#define WITH_WIDE __attribute__((target("avx2")))
#define WIDE 32

/* The halves of byte number `i` of each of 32 places, and the buckets of a group that take them. */
struct halves_wide {
    __m256i low, high;
};

WITH_WIDE static inline struct halves_wide halve(const unsigned char *p)
{
    const __m256i mask = _mm256_set1_epi8(15);
    __m256i bytes = _mm256_loadu_si256((const __m256i *)p);

    return (struct halves_wide){_mm256_and_si256(bytes, mask),
                                _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask)};
}

WITH_WIDE static inline __m256i taken_wide(const struct filter *f, size_t group, size_t i,
                                           struct halves_wide bytes)
{
    __m256i low = _mm256_broadcastsi128_si256(load(f->low[group][i]));
    __m256i high = _mm256_broadcastsi128_si256(load(f->high[group][i]));

    return _mm256_and_si256(_mm256_shuffle_epi8(low, bytes.low),
                            _mm256_shuffle_epi8(high, bytes.high));
}

/* As candidates(), for 32 places in 35 bytes. */
WITH_WIDE static inline uint64_t candidates_wide(const struct filter *f, const unsigned char *p)
{
    struct halves_wide a = halve(p), b = halve(p + 1), c = halve(p + 2), d = halve(p + 3);
    __m256i first =
        _mm256_and_si256(_mm256_and_si256(taken_wide(f, 0, 0, a), taken_wide(f, 0, 1, b)),
                         _mm256_and_si256(taken_wide(f, 0, 2, c), taken_wide(f, 0, 3, d)));
    __m256i second =
        _mm256_and_si256(_mm256_and_si256(taken_wide(f, 1, 0, a), taken_wide(f, 1, 1, b)),
                         _mm256_and_si256(taken_wide(f, 1, 2, c), taken_wide(f, 1, 3, d)));
    __m256i some = _mm256_or_si256(first, second);

    return (uint32_t)~_mm256_movemask_epi8(_mm256_cmpeq_epi8(some, _mm256_setzero_si256()));
}

/* The first block of 32 places from `at` on that has candidates; what is too near to the end is left for the others. */
WITH_WIDE static size_t next_wide(const struct filter *f, const unsigned char *text, size_t len,
                                  size_t at, uint64_t *ret_bits)
{
    for (; at + WIDE + FILTER_WIDTH - 1 <= len; at += WIDE) {
        *ret_bits = candidates_wide(f, text + at);
        if (*ret_bits != 0)
            break;
    }
    return at;
}

#define CANDIDATE_BITS 1
#elif defined(__aarch64__)
#include <arm_neon.h>
#define look_at_cpu() FILTER_BY_16
#define WITH_VECTORS

typedef uint8x16_t vector;

static inline vector load(const void *p)
{
    return vld1q_u8(p);
}

static inline vector taken(const struct filter *f, size_t group, vector bytes, size_t i)
{
    vector low = vqtbl1q_u8(load(f->low[group][i]), vandq_u8(bytes, vdupq_n_u8(15)));
    vector high = vqtbl1q_u8(load(f->high[group][i]), vshrq_n_u8(bytes, 4));

    return vandq_u8(low, high);
}

static inline vector both(vector a, vector b)
{
    return vandq_u8(a, b);
}

static inline vector either(vector a, vector b)
{
    return vorrq_u8(a, b);
}

/* Four bits for each place. */
static inline uint64_t bits_of(vector some)
{
    vector whole = vtstq_u8(some, some);

    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(whole), 4)), 0);
}

#define CANDIDATE_BITS 4
#else
#define look_at_cpu() 0
#endif

unsigned filter_ways(void)
{
    static unsigned ways; /* with a bit more, so that it is not 0 once it is known */
    unsigned known = __atomic_load_n(&ways, __ATOMIC_RELAXED);

    if (known == 0) {
        known = look_at_cpu() | 1u << 31;
        __atomic_store_n(&ways, known, __ATOMIC_RELAXED);
    }
    return known & ~(1u << 31);
}

#ifdef CANDIDATE_BITS

#define STEP 16
#define READS (STEP + FILTER_WIDTH - 1)
#define PLACE_BITS ((UINT64_C(1) << CANDIDATE_BITS) - 1)

WITH_VECTORS static inline vector group_takes(const struct filter *f, size_t group,
                                              const unsigned char *p)
{
    return both(both(taken(f, group, load(p), 0), taken(f, group, load(p + 1), 1)),
                both(taken(f, group, load(p + 2), 2), taken(f, group, load(p + 3), 3)));
}

/* CANDIDATE_BITS for each of sixteen places: may it be a candidate? Reads 19 bytes. */
WITH_VECTORS static inline uint64_t candidates(const struct filter *f, const unsigned char *p)
{
    return bits_of(either(group_takes(f, 0, p), group_takes(f, 1, p)));
}
_Static_assert(FILTER_GROUPS == 2 && FILTER_WIDTH == 4, "as candidates() has them");

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

/* For FILTER_WIDTH to FILTER_SHORT bytes. */
WITH_VECTORS static bool has_none(const struct filter *f, const unsigned char *text, size_t len)
{
    if (len < READS)
        return short_block(f, text, len) == 0;
    return (candidates(f, text) | candidates(f, text + len - READS)) == 0;
}
_Static_assert(FILTER_SHORT == READS + STEP, "two blocks cover it");

/* Looks at the blocks from walk->from on until one has candidates. False: none has. The last block is moved back to where it
 * fits: what it holds of the text before was looked at, and lies before walk->from. */
WITH_VECTORS static bool next_block(const struct filter *f, const unsigned char *text, size_t len,
                                    struct filter_walk *walk)
{
    size_t at = walk->from;

    if (at >= len)
        return false;
#ifdef WIDE
    if (len - at >= 2 * WIDE && (f->ways & FILTER_BY_32) != 0) {
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

size_t filter_next(const struct filter *f, const unsigned char *text, size_t len,
                   struct filter_walk *walk)
{
    size_t at;

#ifdef CANDIDATE_BITS
    if (LIKELY((f->ways & FILTER_BY_16) != 0))
        return next_by_vector(f, text, len, walk);
#endif
    at = walk->from < len ? filter_next_plain(f, text, len, walk->from) : len;
    walk->from = at + 1;
    return at;
}

bool filter_has_none(const struct filter *f, const unsigned char *text, size_t len)
{
    if (len < FILTER_WIDTH)
        return true;
#ifdef CANDIDATE_BITS
    if (LIKELY((f->ways & FILTER_BY_16) != 0) && len <= FILTER_SHORT)
        return has_none(f, text, len);
#endif
    return false;
}
