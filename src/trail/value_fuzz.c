/* value_fuzz.c - any bytes as values: stepping over one and reading it node by node must agree. */
#include "base/base.h"

#include "trail/dump.h"
#include "trail/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1); /* exactly, so that one byte too far is seen */
    struct buf text = BUF_INIT(1 << 24);
    struct trail_bytes skipping = {copy, size};

    if (copy == NULL)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    for (;;) {
        struct trail_bytes reading = skipping;
        bool valid = trail_value_skip(&skipping);
        bool readable;

        buf_clear(&text);
        trail_value_text(&reading, &text);
        if (text.failed)
            break;
        readable = text.len < 2 || strcmp(buf_text(&text) + text.len - 2, "?!") != 0;
        if (valid && (!readable || reading.data != skipping.data))
            abort();
        if (!valid && readable)
            abort();
        if (!valid || skipping.len == 0)
            break;
    }
    buf_release(&text);
    free(copy);
    return 0;
}
