/*
 * pattern_fuzz.c - any pattern is refused with a reason or matches any text: spans are inside of it and are not empty.
 * The input: a pattern, a NUL, a text.
 */
#include "base/base.h"

#include "redact/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = memchr(data, 0, size);
    const char *text = nul != NULL ? (const char *)nul + 1 : "";
    size_t len = nul != NULL ? (size_t)(data + size - nul) - 1 : 0, at = 0;
    char *written = strndup((const char *)data, size);
    char why[160] = "";
    struct pattern *pattern = pattern_new(written, why, sizeof(why));
    struct redact_span span;

    if (pattern == NULL && why[0] == '\0')
        __builtin_trap();
    if (len > 4096)
        len = 4096;
    while (pattern != NULL && pattern_find(pattern, text, len, at, &span)) {
        if (span.start < at || span.end <= span.start || span.end > len)
            __builtin_trap();
        at = span.end;
    }
    pattern_free(pattern);
    free(written);
    return 0;
}
