/*
 * in.h - takes bytes of the format from memory that is not trusted: out.h's other half, private to the decoder.
 *
 *     struct trail_in in = {p, end, false};
 *     code = trail_get_uv(&in);
 *     if (in.bad) ...            // some field did not decode: nothing of it may be used
 *
 * A get that would leave the bounds sets `bad`, returns 0 and moves to the end, so that a record is checked once, at its
 * end; only a count that drives a loop is checked before. Inline: the decoder handles 10 million records a second.
 */
#ifndef TRAIL_IN_H
#define TRAIL_IN_H

#include "base/base.h"
#include "trail/reader.h"

struct trail_in {
    const uint8_t *p, *end; /* Borrowed */
    bool bad;
};

static inline void trail_in_fail(struct trail_in *in)
{
    in->p = in->end;
    in->bad = true;
}

static inline size_t trail_in_left(const struct trail_in *in)
{
    return (size_t)(in->end - in->p);
}

/* uv of more than one byte, or a torn one. */
uint64_t trail_get_uv_long(struct trail_in *in);

static inline uint64_t trail_get_uv(struct trail_in *in)
{
    if (LIKELY(in->p < in->end && *in->p < 0x80))
        return *in->p++;
    return trail_get_uv_long(in);
}

static inline int64_t trail_get_sv(struct trail_in *in)
{
    return trail_unzigzag(trail_get_uv(in));
}

static inline struct trail_bytes trail_get_bytes(struct trail_in *in, uint64_t len)
{
    struct trail_bytes bytes = {in->p, (size_t)len};

    if (UNLIKELY(len > trail_in_left(in))) {
        trail_in_fail(in);
        return (struct trail_bytes){in->end, 0};
    }
    in->p += len;
    return bytes;
}

static inline struct trail_bytes trail_get_text(struct trail_in *in)
{
    return trail_get_bytes(in, trail_get_uv(in));
}

static inline uint64_t trail_get_u64(struct trail_in *in)
{
    struct trail_bytes bytes = trail_get_bytes(in, 8);
    uint64_t v = 0;

    if (bytes.len == 8)
        memcpy(&v, bytes.data, 8);
    return v;
}

static inline int64_t trail_get_i64(struct trail_in *in)
{
    return (int64_t)trail_get_u64(in);
}

/* A count of things that take at least `each` bytes: more of them than bytes are left is damage, found before a loop. */
static inline uint64_t trail_get_count(struct trail_in *in, size_t each)
{
    uint64_t n = trail_get_uv(in);

    if (UNLIKELY(n > trail_in_left(in) / each)) {
        trail_in_fail(in);
        return 0;
    }
    return n;
}

/* Steps over n uv and returns their bytes. */
static inline struct trail_bytes trail_get_list(struct trail_in *in, uint64_t n)
{
    const uint8_t *from = in->p;

    for (uint64_t i = 0; i < n && !in->bad; i++)
        (void)trail_get_uv(in);
    return (struct trail_bytes){from, in->bad ? 0 : (size_t)(in->p - from)};
}

/* By tag: the bytes of a value whose size the tag alone tells, tag included; 0: look at it (trail_skip_long). */
extern const uint8_t trail_value_size[256];
/* A value that is not in that table; false if it is not valid. `depth` values are around it. */
bool trail_skip_long(struct trail_in *in, unsigned depth);

/* Steps over one value. */
static inline bool trail_skip(struct trail_in *in, unsigned depth)
{
    size_t size;

    if (UNLIKELY(in->p >= in->end))
        return false;
    size = trail_value_size[*in->p];
    if (LIKELY(size > 0 && size <= trail_in_left(in) && depth <= TRAIL_VALUE_NESTING)) {
        in->p += size;
        return true;
    }
    return trail_skip_long(in, depth);
}

#endif
