/*
 * filter.h - the first look at a text: passes over all places where no secret can begin.
 *
 * Each form of secret has an anchor, four bytes in a row of which each is out of a set. Anchors are put into sixteen
 * buckets; a place is a candidate when some bucket takes all four bytes. With AVX2, SSSE3 or NEON 32 or 16 places are looked
 * at at once, by two lookups in a table of 16 for each byte, of its high and its low half (as in Intel's Teddy, of
 * Hyperscan), for each eight buckets; what that lets through too much, the exact tables sort out. Without, the exact tables
 * alone are used.
 */
#ifndef REDACT_FILTER_H
#define REDACT_FILTER_H

#include "base/base.h"

#define FILTER_WIDTH 4
#define FILTER_ANCHORS 640 /* most */
#define FILTER_BUCKETS 16
#define FILTER_SHORT 35 /* bytes: two blocks of 16 places */
#define FILTER_GROUPS (FILTER_BUCKETS / 8)

/* How many places are looked at at once: what the CPU can. A test takes one away to have the other. */
enum filter_ways { FILTER_BY_16 = 1 << 0, FILTER_BY_32 = 1 << 1 };

struct filter {
    /* By the low half of a byte: the buckets that may take it. */
    uint8_t low[FILTER_GROUPS][FILTER_WIDTH][16];
    uint8_t high[FILTER_GROUPS][FILTER_WIDTH][16];
    uint16_t exact[FILTER_WIDTH][256];
    unsigned ways; /* enum filter_ways */
};

/* One anchor: four sets, each 256 bits. */
struct filter_anchor {
    uint64_t sets[FILTER_WIDTH][4];
    uint8_t
        bucket; /* FILTER_BUCKETS: where it does the least harm; those that have one come first */
};

/* Text to anchor: each place is one character, or a class: \d digit, \l letter, \w letter or digit, \s what may stand
 * between a name and its value or begin the name's next word, \n neither small letter nor byte 0, \. any byte but 0. With `any_case`, letters stand for both. */
void filter_anchor(struct filter_anchor *anchor, const char *text, bool any_case);
/* Fills the tables. At most FILTER_ANCHORS anchors; the more, the more is let through. */
void filter_init(struct filter *f, const struct filter_anchor *anchors, size_t n);

/* A walk over the candidates of a text, from the first to the last. */
struct filter_walk {
    size_t from;   /* the next candidate is here or later: may be moved on between two */
    uint64_t bits; /* candidates of the block that was looked at last */
    size_t block;  /* where it begins */
    size_t width;  /* how many places it has */
};

/* The next candidate, and walk->from behind it; `len` when there is none. */
size_t filter_next(const struct filter *f, const unsigned char *text, size_t len,
                   struct filter_walk *walk);
/* The first candidate at `from` or later without vectors. */
size_t filter_next_plain(const struct filter *f, const unsigned char *text, size_t len,
                         size_t from);
/* True: there is none for sure, at a third of what a walk costs. Of more than FILTER_SHORT bytes it knows nothing. */
bool filter_has_none(const struct filter *f, const unsigned char *text, size_t len);
/* What this CPU can: asked once. */
unsigned filter_ways(void);

static inline bool filter_at(const struct filter *f, const unsigned char *p)
{
    return (f->exact[0][p[0]] & f->exact[1][p[1]] & f->exact[2][p[2]] & f->exact[3][p[3]]) != 0;
}

#endif
