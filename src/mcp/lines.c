/* lines.c - see lines.h. */
#include "base/base.h"

#include "mcp/lines.h"

void lines_release(struct lines *lines)
{
    buf_release(&lines->bytes);
}

/* Moves what was not given out to the front. */
static void compact(struct lines *l)
{
    if (l->start == 0)
        return;
    memmove(l->bytes.data, l->bytes.data + l->start, l->bytes.len - l->start);
    l->bytes.len -= l->start;
    l->bytes.data[l->bytes.len] = '\0';
    l->searched -= l->start;
    l->start = 0;
}

void lines_add(struct lines *lines, const char *bytes, size_t len)
{
    compact(lines);
    buf_put(&lines->bytes, bytes, len);
}

void lines_end(struct lines *lines)
{
    lines->ended = true;
}

static enum lines_found give(struct lines *l, size_t end, size_t next, const char **ret_text,
                             size_t *ret_len)
{
    const char *text = buf_text(&l->bytes) + l->start;
    size_t len = end - l->start;
    bool passing_over = l->passing_over;

    l->start = l->searched = next;
    l->passing_over = false;
    if (passing_over)
        return LINES_NONE;
    if (len > l->most)
        return LINES_TOO_LONG;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    *ret_text = text;
    *ret_len = len;
    return len > 0 ? LINES_ONE : LINES_NONE;
}

enum lines_found lines_next(struct lines *lines, const char **ret_text, size_t *ret_len)
{
    struct lines *l = lines;

    for (;;) {
        const char *text = buf_text(&l->bytes);
        const char *end = l->searched < l->bytes.len
                              ? memchr(text + l->searched, '\n', l->bytes.len - l->searched)
                              : NULL;
        size_t at = end != NULL ? (size_t)(end - text) : l->bytes.len;
        enum lines_found found;

        if (end == NULL && !(l->ended && l->start < l->bytes.len)) {
            l->searched = l->bytes.len;
            if (l->passing_over) {
                l->start = l->bytes.len;
            } else if (l->bytes.len - l->start > l->most) {
                l->passing_over = true;
                l->start = l->bytes.len;
                return LINES_TOO_LONG;
            }
            return LINES_NONE;
        }
        found = give(l, at, end != NULL ? at + 1 : at, ret_text, ret_len);
        if (found != LINES_NONE)
            return found;
    }
}
