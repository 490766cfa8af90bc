/*
 * pattern_private.h - what pattern.c (text to program) and pattern_match.c (program on text) share.
 */
#ifndef REDACT_PATTERN_PRIVATE_H
#define REDACT_PATTERN_PRIVATE_H

#include "redact/pattern.h"

enum pattern_op {
    OP_SET,    /* one byte of set `x`, then the next step */
    OP_JUMP,   /* to x */
    OP_SPLIT,  /* to x first, and to y */
    OP_START,  /* only at the beginning of the text */
    OP_END,    /* only at its end */
    OP_BORDER, /* only at the border of a word */
    OP_OPEN,   /* the secret part begins */
    OP_CLOSE,  /* it ends */
    OP_MATCH,
};

struct pattern_step {
    uint16_t op; /* enum pattern_op */
    uint16_t x, y;
};

struct pattern_set {
    uint64_t bits[4]; /* by byte */
};

static inline bool pattern_set_has(const struct pattern_set *set, unsigned char c)
{
    return set->bits[c >> 6] >> (c & 63) & 1;
}

/* A state of the simulation: where in the program, where its match and the secret part of it began and ended. */
struct pattern_thread {
    uint32_t step;
    uint32_t start, open, close;
};

struct pattern_list {
    struct pattern_thread *threads; /* Owned by the pattern */
    uint32_t *place;                /* by step: where it may stand in `threads` (a sparse set) */
    uint32_t count;
};

struct pattern {
    struct pattern_step *steps; /* Owned; nsteps */
    struct pattern_set *sets;   /* Owned; nsets */
    uint32_t nsteps, nsets;
    struct pattern_set first; /* a match begins with one of these */
    struct pattern_list now, next;
    uint32_t *stack; /* Owned: steps still to be followed; 2 x nsteps */
    bool marked;     /* it has a <...> */
};

/* Makes room for the lists and finds `first`. False: no memory, or *ret_empty: it would match nothing at all. */
bool pattern_prepare(struct pattern *pattern, bool *ret_empty);

#endif
