/*
 * linetable.c - see linetable.h. The layouts are those of CPython's Objects/locations.md (3.11 and later) and
 * Objects/lnotab_notes.txt (3.10).
 *
 * 3.11: entries of a byte 1cccclll (c: kind, l: units - 1) and what the kind says:
 *   0-9   1 byte                      line as before
 *   10-12 2 bytes                     line + (c - 10)
 *   13    svarint                     line + it, no columns
 *   14    svarint, varint x 3         line + the first
 *   15    nothing                     no line
 * varint: 6 bits a byte, low ones first, 0x40: more follow; svarint: its lowest bit is the sign.
 */
#include "base/base.h"

#include "ingest/linetable.h"

#define FORMAT_311 1
#define FORMAT_310 2
#define ENTRY_START 0x80
#define NO_LINE_310 (-128)

struct input {
    const uint8_t *p, *end;
};

static uint32_t get_varint(struct input *in)
{
    uint32_t v = 0;
    unsigned shift = 0;

    while (in->p < in->end) {
        uint8_t b = *in->p++;

        if (shift < 30)
            v |= (uint32_t)(b & 0x3f) << shift;
        shift += 6;
        if (!(b & 0x40))
            break;
    }
    return v;
}

static int32_t get_svarint(struct input *in)
{
    uint32_t v = get_varint(in);

    return v & 1 ? -(int32_t)(v >> 1) : (int32_t)(v >> 1);
}

static void skip(struct input *in, size_t n)
{
    in->p += n < (size_t)(in->end - in->p) ? n : (size_t)(in->end - in->p);
}

/* Takes one entry; *line is the running line, *has_line false for code without one. Returns its units. */
static uint32_t get_entry_311(struct input *in, int64_t *line, bool *has_line)
{
    uint8_t head = *in->p++;
    unsigned kind = (head >> 3) & 15;

    *has_line = kind != 15;
    if (kind < 10) {
        skip(in, 1);
    } else if (kind < 13) {
        *line += kind - 10;
        skip(in, 2);
    } else if (kind < 15) {
        *line += get_svarint(in);
        if (kind == 14) {
            get_varint(in);
            get_varint(in);
            get_varint(in);
        }
    }
    return (head & 7u) + 1;
}

/* Pairs of (bytes of code, difference of line). */
static uint32_t get_entry_310(struct input *in, int64_t *line, bool *has_line)
{
    uint8_t bytes = *in->p++;
    int8_t delta = in->p < in->end ? (int8_t)*in->p++ : 0;

    *has_line = delta != NO_LINE_310;
    if (*has_line)
        *line += delta;
    return bytes / 2u;
}

bool linetable_load(struct linetable *t, uint64_t format, const uint8_t *bytes, size_t len,
                    int32_t first_line)
{
    struct input in = {bytes, bytes + len};
    int64_t line = first_line;
    uint32_t end = 0;
    size_t room = 0;

    while (in.p < in.end) {
        bool has_line = false;
        int32_t shown;

        if (format == FORMAT_311 && *in.p & ENTRY_START)
            end += get_entry_311(&in, &line, &has_line);
        else if (format == FORMAT_310)
            end += get_entry_310(&in, &line, &has_line);
        else
            break;
        shown = has_line && line > 0 && line <= INT32_MAX ? (int32_t)line : 0;
        if (t->n > 0 && t->spans[t->n - 1].line == shown) {
            t->spans[t->n - 1].end = end;
            continue;
        }
        if (t->n == room) {
            struct linetable_span *more;

            room = room > 0 ? room * 2 : 16;
            more = realloc(t->spans, room * sizeof(*more));
            if (more == NULL)
                return false;
            t->spans = more;
        }
        t->spans[t->n++] = (struct linetable_span){end, shown};
    }
    return true;
}

void linetable_release(struct linetable *t)
{
    free(t->spans);
    *t = (struct linetable){NULL, 0};
}

/* The number of the span that the unit is in; t->n: none. */
static size_t find_span(const struct linetable *t, uint64_t unit)
{
    size_t low = 0, high = t->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->spans[middle].end <= unit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t linetable_line(const struct linetable *t, uint64_t unit)
{
    size_t i = find_span(t, unit);

    return i < t->n ? t->spans[i].line : 0;
}

int32_t linetable_next_line(const struct linetable *t, uint64_t unit)
{
    size_t i = find_span(t, unit);

    while (i < t->n && t->spans[i].line == 0)
        i++;
    return i < t->n ? t->spans[i].line : 0;
}
