/*
 * buf.h - a growable byte buffer with a ceiling, always NUL-terminated.
 *
 *     struct buf b = BUF_INIT(LIMIT_ANSWER_BYTES);
 *     buf_putf(&b, "%d rows", n);
 *     if (b.failed) ...            // past its ceiling, or out of memory: the content is cut
 *     buf_release(&b);
 *
 * Every put is safe after a failure (it does nothing), so a writer checks once at the end.
 * Not thread-safe. Host only.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/base.h"

struct buf {
    char *data;      /* Owned; NULL while empty: read through buf_text() */
    size_t len;      /* bytes, without the NUL */
    size_t capacity; /* bytes allocated */
    size_t max;      /* ceiling of len */
    bool failed;     /* a put did not fit; nothing was added since */
};

#define BUF_INIT(ceiling) {NULL, 0, 0, (ceiling), false}

void buf_release(struct buf *b);
/* Empties it, keeps its memory, clears `failed`. */
void buf_clear(struct buf *b);
/* Makes room for `extra` bytes more; false when that is past the ceiling or memory is out. */
bool buf_reserve(struct buf *b, size_t extra);
void buf_put(struct buf *b, const void *bytes, size_t len);

/* Inline: the length of a literal is known where it is written, and the JSON of values is mostly single characters and literals. */
static inline void buf_puts(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

static inline void buf_putc(struct buf *b, char c)
{
    if (UNLIKELY(b->failed || b->len + 1 >= b->capacity || b->len >= b->max)) {
        buf_put(b, &c, 1);
        return;
    }
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void buf_putf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* Borrowed, never NULL, valid until the next put. */
const char *buf_text(const struct buf *b);
/* Hands the memory over: Owned by the caller, to be freed with free(); never NULL unless memory
 * is out. The buffer is empty afterwards. */
char *buf_detach(struct buf *b);

#endif
