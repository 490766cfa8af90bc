/*
 * out.h - puts bytes of the format into memory that the caller owns (the encoder's hot half).
 *
 *     struct trail_out out = {p, end, false};
 *     trail_put_uv(&out, code);
 *     trail_put_int(&out, 42);
 *     if (out.overflow) ...       // it did not fit: nothing of it may be committed
 *
 * A put that does not fit sets `overflow` and writes nothing, and so does every put after it, so that a
 * record is checked once, at its end. Inline, no calls, no allocation; any thread, its own `out`.
 */
#ifndef TRAIL_OUT_H
#define TRAIL_OUT_H

#include "base/base.h"
#include "trail/format.h"

struct trail_out {
    uint8_t *p;   /* Borrowed: where the next byte goes */
    uint8_t *end; /* Borrowed: one past the last byte that may be written */
    bool overflow;
};

static inline bool trail_room(struct trail_out *out, size_t need)
{
    if (LIKELY((size_t)(out->end - out->p) >= need && !out->overflow))
        return true;
    out->overflow = true;
    return false;
}

static inline void trail_put_u8(struct trail_out *out, uint8_t v)
{
    if (trail_room(out, 1))
        *out->p++ = v;
}

static inline void trail_put_bytes(struct trail_out *out, const void *bytes, size_t len)
{
    if (trail_room(out, len) && len > 0) {
        memcpy(out->p, bytes, len);
        out->p += len;
    }
}

static inline void trail_put_u64(struct trail_out *out, uint64_t v)
{
    trail_put_bytes(out, &v,
                    8); /* the format is little-endian, and so is every host we build for */
}

/* LEB128. One check for the longest form keeps the ordinary path short. */
static inline void trail_put_uv(struct trail_out *out, uint64_t v)
{
    uint8_t *p = out->p;

    if (!trail_room(out, 10))
        return;
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    out->p = p;
}

static inline void trail_put_sv(struct trail_out *out, int64_t v)
{
    trail_put_uv(out, trail_zigzag(v));
}

static inline void trail_put_text(struct trail_out *out, const char *text, size_t len)
{
    trail_put_uv(out, len);
    trail_put_bytes(out, text, len);
}

/* A value: an int of this zigzag form, in the shortest of its forms, where the caller has made sure of TRAIL_INT_MAX bytes.
 * Returns the next place. */
#define TRAIL_INT_MAX 9

static inline __attribute__((always_inline)) uint8_t *trail_int_at(uint8_t *p, uint64_t z)
{
    uint32_t bytes;
    int64_t v;

    if (z < 1u << 6) {
        p[0] = (uint8_t)(TRAIL_TAG_INT6 | z);
        return p + 1;
    }
    /* What is above the bits that the tag's byte has room for moves up by as many as the tag takes: one store. */
    if (z < 1u << 14) {
        bytes = (uint32_t)z + ((uint32_t)z & ~0x3fu) * 3 + TRAIL_TAG_INT14;
        memcpy(p, &bytes, 2);
        return p + 2;
    }
    if (z < 1u << 21) {
        bytes = (uint32_t)z + ((uint32_t)z & ~0x1fu) * 7 + TRAIL_TAG_INT21;
        memcpy(p, &bytes, 4);
        return p + 3;
    }
    if (z < 1u << 28) {
        bytes = (uint32_t)z + ((uint32_t)z & ~0xfu) * 15 + TRAIL_TAG_INT28;
        memcpy(p, &bytes, 4);
        return p + 4;
    }
    v = trail_unzigzag(z);
    p[0] = TRAIL_TAG_INT64;
    memcpy(p + 1, &v, 8);
    return p + 9;
}

static inline void trail_put_int(struct trail_out *out, int64_t v)
{
    if (trail_room(out, TRAIL_INT_MAX))
        out->p = trail_int_at(out->p, trail_zigzag(v));
}

/* A value: a string of the given tag's plain form (STR, BYTES). */
static inline void trail_put_string(struct trail_out *out, enum trail_tag tag, const void *bytes,
                                    size_t len)
{
    trail_put_u8(out, (uint8_t)tag);
    trail_put_text(out, bytes, len);
}

/* A value: the beginning of a string (STR_CUT, BYTES_CUT) whose whole size was `original` bytes. */
static inline void trail_put_cut(struct trail_out *out, enum trail_tag tag, size_t original,
                                 const void *bytes, size_t len)
{
    trail_put_u8(out, (uint8_t)tag);
    trail_put_uv(out, original);
    trail_put_text(out, bytes, len);
}

#endif
