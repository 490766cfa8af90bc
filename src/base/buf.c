/* buf.c - see buf.h. */
#include "base/base.h"

#include "base/buf.h"

void buf_release(struct buf *b)
{
    free(b->data);
    b->data = NULL;
    b->len = b->capacity = 0;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data != NULL)
        b->data[0] = '\0';
}

bool buf_reserve(struct buf *b, size_t extra)
{
    size_t need, capacity;
    char *data;

    if (b->failed || extra > b->max || b->len > b->max - extra) {
        b->failed = true;
        return false;
    }
    need = b->len + extra + 1;
    if (need <= b->capacity)
        return true;
    capacity = b->capacity < 64 ? 64 : b->capacity;
    while (capacity < need)
        capacity *= 2;
    data = realloc(b->data, capacity);
    if (data == NULL) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->capacity = capacity;
    return true;
}

void buf_put(struct buf *b, const void *bytes, size_t len)
{
    if (!buf_reserve(b, len))
        return;
    if (len > 0)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_putf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    int need;

    va_start(args, format);
    va_copy(again, args);
    need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need >= 0 && buf_reserve(b, (size_t)need)) {
        vsnprintf(b->data + b->len, (size_t)need + 1, format, again);
        b->len += (size_t)need;
    } else {
        b->failed = true;
    }
    va_end(again);
}

const char *buf_text(const struct buf *b)
{
    return b->data != NULL ? b->data : "";
}

char *buf_detach(struct buf *b)
{
    char *data = b->data != NULL ? b->data : calloc(1, 1);

    b->data = NULL;
    b->len = b->capacity = 0;
    b->failed = false;
    return data;
}
