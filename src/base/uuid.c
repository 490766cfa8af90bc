/* uuid.c - see uuid.h. */
#include "base/base.h"

#include "base/uuid.h"

#include "base/clock.h"

#include <sys/random.h>
#include <unistd.h>

static void fill_random(uint8_t *bytes, size_t len)
{
    uint64_t x;

    if (getrandom(bytes, len, GRND_NONBLOCK) == (ssize_t)len)
        return;
    x = (uint64_t)clock_mono_ns() * 0x9e3779b97f4a7c15u ^ ((uint64_t)getpid() << 32) ^
        (uint64_t)(uintptr_t)&x;
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13; /* xorshift64, Marsaglia 2003 */
        x ^= x >> 7;
        x ^= x << 17;
        bytes[i] = (uint8_t)(x >> 24);
    }
}

struct uuid uuid_make(void)
{
    return uuid_make_at(clock_wall_ns());
}

struct uuid uuid_make_at(int64_t wall_ns)
{
    struct uuid u;
    uint64_t ms = (uint64_t)wall_ns / 1000000;

    fill_random(u.bytes, sizeof(u.bytes));
    for (int i = 0; i < 6; i++)
        u.bytes[i] = (uint8_t)(ms >> (8 * (5 - i)));
    u.bytes[6] = (uint8_t)((u.bytes[6] & 0x0f) | 0x70);
    u.bytes[8] = (uint8_t)((u.bytes[8] & 0x3f) | 0x80);
    return u;
}

void uuid_format(const struct uuid *u, char ret_text[UUID_TEXT])
{
    static const char HEX[] = "0123456789abcdef";
    size_t at = 0;

    for (int i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            ret_text[at++] = '-';
        ret_text[at++] = HEX[u->bytes[i] >> 4];
        ret_text[at++] = HEX[u->bytes[i] & 15];
    }
    ret_text[at] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool uuid_parse(const char *text, struct uuid *ret_uuid)
{
    struct uuid u;

    for (int i = 0; i < UUID_BYTES; i++) {
        int high, low;

        if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
            return false;
        high = hex_digit(text[0]);
        low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return false;
        u.bytes[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    if (*text != '\0')
        return false;
    *ret_uuid = u;
    return true;
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, UUID_BYTES) == 0;
}

bool uuid_is_nil(const struct uuid *u)
{
    static const struct uuid NIL = {{0}};

    return uuid_equal(u, &NIL);
}
