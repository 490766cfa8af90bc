/*
 * scan_fuzz.c - any text, whole or cut: spans are in order and inside of it, what is left has no secret that was found
 * before, all ways of the filter agree, and a copy is never longer than its room.
 * The input: a byte of flags, then the text.
 */
#include "base/base.h"

#include "redact/detect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_filter(struct filter f, unsigned ways, const unsigned char *text, size_t len)
{
    struct filter_walk walk = {0, 0, 0, 0};
    size_t at = 0, plain;

    f.ways = ways & filter_ways();

    do {
        plain = filter_next_plain(&f, text, len, at);
        check(filter_next(&f, text, len, &walk) == plain);
        at = plain + 1;
        if (len > 3 && text[at % len] == '!') /* move on */
            walk.from = at += text[len / 2] % 40;
    } while (at < len);
}

static void check_spans(const struct redact *r, const struct redact_text *text)
{
    struct redact_scan scan;
    struct redact_span span;
    size_t at = 0;
    bool any = false;

    redact_scan_init(&scan, r, text);
    while (redact_scan_next(&scan, &span)) {
        check(span.start >= at && span.end > span.start && span.end <= text->len);
        at = span.end;
        any = true;
    }
    check(any == redact_has(r, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"vault item", "-pin"};
    static const char *const patterns[] = {"acme-[0-9a-f]{8}", "\\b<[A-Z]+>-\\d+", "x(a|b)*y"};
    static struct redact *made[2];
    struct redact_config config = {names, 2, patterns, 3};
    struct redact_text text;
    char why[160], *copy;
    size_t room;
    const struct redact *r;

    if (made[0] == NULL) {
        struct redact_config none = {0};

        made[0] = redact_new(&none, why, sizeof(why));
        made[1] = redact_new(&config, why, sizeof(why));
        check(made[0] != NULL && made[1] != NULL);
    }
    if (size == 0)
        return 0;
    r = made[data[0] & 1];
    text = (struct redact_text){(const char *)data + 1, size - 1, data[0] >> 1 & 1};
    room = data[0] & 4 ? size / 2 : size * 4 + 64;
    check_filter(r->filter, FILTER_BY_16 | FILTER_BY_32, data + 1, size - 1);
    check_filter(r->filter, FILTER_BY_16, data + 1, size - 1);
    check_spans(r, &text);
    (void)redact_name(r, text.bytes, text.len);
    (void)redact_word_before(r, text.bytes, text.len);
    copy = malloc(room + 1);
    check(redact_copy(r, &text, copy, room, NULL) <= room);
    free(copy);
    return 0;
}
