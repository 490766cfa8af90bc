/* utf8.c - see utf8.h. */
#include "base/base.h"

#include "query/utf8.h"

size_t utf8_next(const char *bytes, size_t len, uint32_t *ret_code)
{
    static const uint32_t SMALLEST[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)bytes;
    uint32_t code;
    size_t size;

    if (p[0] < 0x80) {
        *ret_code = p[0];
        return 1;
    }
    size = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || size > len)
        return 0;
    code = p[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3fU);
    }
    if (code < SMALLEST[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *ret_code = code;
    return size;
}

bool utf8_valid(const char *bytes, size_t len)
{
    uint32_t code;

    while (len > 0) {
        size_t size = utf8_next(bytes, len, &code);

        if (size == 0)
            return false;
        bytes += size;
        len -= size;
    }
    return true;
}
