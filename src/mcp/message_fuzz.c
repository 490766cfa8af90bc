/* message_fuzz.c - any bytes, in pieces of any size, through lines and messages: nothing crashes, nothing leaks, what is said of them holds. */
#include "base/base.h"

#include "mcp/lines.h"
#include "mcp/message.h"

#define MOST 4096 /* of a line: small, so that the fuzzer gets beyond it */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void look(const struct message *m)
{
    switch (m->kind) {
    case MESSAGE_REQUEST:
        check(m->id_text != NULL && m->method != NULL);
        check(m->params == NULL || json_is_object(m->params));
        break;
    case MESSAGE_NOTIFICATION:
        check(m->id_text == NULL && m->method != NULL);
        break;
    case MESSAGE_BAD:
        check(m->code < 0 && m->why != NULL);
        break;
    case MESSAGE_BATCH:
        check(json_array_size(m->root) > 0);
        for (size_t i = 0; i < json_array_size(m->root); i++) {
            struct message one;

            message_of(&one, json_array_get(m->root, i));
            check(one.kind != MESSAGE_BATCH);
            message_release(&one);
        }
        break;
    case MESSAGE_RESPONSE:
        break;
    }
}

static void take(struct lines *lines)
{
    enum lines_found found;
    const char *text = NULL;
    size_t len = 0;

    while ((found = lines_next(lines, &text, &len)) != LINES_NONE) {
        struct message m;

        if (found == LINES_TOO_LONG)
            continue;
        check(len > 0 && len <= MOST && memchr(text, '\n', len) == NULL);
        message_read(&m, text, len);
        look(&m);
        message_release(&m);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lines lines = LINES_INIT(MOST);
    size_t piece = size > 0 ? 1 + data[0] * 16u : 1;

    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;

        lines_add(&lines, (const char *)data + at, n < MOST ? n : MOST);
        take(&lines);
    }
    lines_end(&lines);
    take(&lines);
    check(lines.start == lines.bytes.len);
    lines_release(&lines);
    return 0;
}
