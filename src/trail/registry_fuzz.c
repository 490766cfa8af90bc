/* registry_fuzz.c - any bytes as the records of a registry's segment. */
#include "base/base.h"

#include "trail/dump.h"
#include "trail/sample.h"

#define LARGEST (256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct trail_segment *seg)
{
    struct buf text = BUF_INIT(1 << 20);
    struct trail_registry_record r;
    struct trail_cursor c;

    trail_cursor_init(&c, seg, 0, 0, trail_segment_committed(seg, NULL), NULL);
    for (;;) {
        const uint8_t *from = c.p;
        struct trail_bytes item;
        uint64_t n = 0;
        int got = trail_registry_next(&c, &r);

        if (got == 0)
            break;
        if (c.p <= from)
            abort(); /* it must get on */
        if (got < 0)
            continue;
        while (trail_text_next(&r.list, &item))
            n++;
        if (n != r.n)
            abort();
        buf_clear(&text);
        trail_registry_text(&r, &text);
    }
    if (c.p != c.end)
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
    bytes = malloc(header + size);
    if (bytes == NULL)
        return 0;
    memcpy(bytes + header, data, size);
    sample_header(bytes, header + size, 0);
    ((struct trail_header *)(void *)bytes)->committed = header + size;
    if (trail_segment_wrap(&seg, bytes, header + size) == TRAIL_OPENED)
        read_all(&seg);
    free(bytes);
    return 0;
}
