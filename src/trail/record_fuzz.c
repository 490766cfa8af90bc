/* record_fuzz.c - any bytes as the records of a thread's segment: all records and values are read, over all damage.
 * The first byte says where `committed` is cut, and whether it is a segment of a version before the present heads; a file that begins with the magic is taken with its own header. */
#include "base/base.h"

#include "trail/dump.h"
#include "trail/sample.h"

#define LARGEST (256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_values(const struct trail_record *r)
{
    struct trail_bytes bytes = r->values;

    for (uint64_t i = 0; i < r->nvalues; i++)
        if (!trail_value_skip(&bytes))
            abort();
    if (bytes.len != 0)
        abort(); /* a record's values are checked, and are its own */
}

static void read_lists(const struct trail_record *r)
{
    struct trail_bytes list = r->list;
    uint64_t number, n = 0;

    while (trail_list_next(&list, &number))
        n++;
    if (n != r->nlist * (r->kind == TRAIL_RAISE ? 2 : 1))
        abort();
}

static void read_all(const struct trail_segment *seg)
{
    uint64_t committed = trail_segment_committed(seg, NULL);
    struct buf text = BUF_INIT(1 << 20);
    struct trail_record r;
    struct trail_cursor c;
    uint64_t bytes;

    trail_cursor_init(&c, seg, 0, 0, committed, sample_arity());
    bytes = (uint64_t)(c.p - c.base);
    for (;;) {
        const uint8_t *from = c.p;
        int got;

        memset(&r, 0, sizeof(r));
        got = trail_cursor_next(&c, &r);
        if (got == 0)
            break;
        if (got == 1) {
            read_values(&r);
            if (r.kind == TRAIL_RAISE || r.kind == TRAIL_SYNC)
                read_lists(&r);
            buf_clear(&text);
            trail_record_text(&r, &text);
        } else {
            (void)trail_cursor_resync(&c);
        }
        if (c.p <= from)
            abort(); /* it must get on */
        bytes += (uint64_t)(c.p - from);
    }
    if (bytes != committed)
        abort();
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t header = sizeof(struct trail_header);
    struct trail_segment seg;
    uint8_t *bytes;

    if (size == 0 || size > LARGEST)
        return 0;
    bytes = malloc(header + size); /* exactly, so that one byte too far is seen */
    if (bytes == NULL)
        return 0;
    if (size >= 8 && memcmp(data, TRAIL_MAGIC, 8) == 0) {
        bytes = realloc(bytes, size);
        memcpy(bytes, data, size);
        if (trail_segment_wrap(&seg, bytes, size) == TRAIL_OPENED)
            read_all(&seg);
    } else {
        struct trail_header *h = (struct trail_header *)(void *)bytes;

        memcpy(bytes + header, data, size);
        sample_header(bytes, header + size, 1);
        if (data[size - 1] >= TRAIL_VERSION_OLDEST && data[size - 1] < TRAIL_VERSION)
            h->version = data[size - 1]; /* each is read */
        h->committed = header + size - (size > 256 ? data[0] : 0);
        if (trail_segment_wrap(&seg, bytes, header + size) == TRAIL_OPENED)
            read_all(&seg);
    }
    free(bytes);
    return 0;
}
