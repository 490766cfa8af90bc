/* environment_fuzz.c - any text as the value of any setting, from the environment and in the compiled form: what is taken comes out
 * of the compiled form as it went in. The first byte chooses the setting. */
#include "base/base.h"

#include "base/buf.h"
#include "base/limits.h"
#include "settings/settings.h"
#include "settings/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(const struct settings *s)
{
    struct buf one = BUF_INIT(LIMIT_RUN_SETTINGS_BYTES), two = BUF_INIT(LIMIT_RUN_SETTINGS_BYTES);
    struct settings read;

    settings_compile(s, &one);
    if (settings_init(&read, NULL) < 0 ||
        settings_parse_compiled(&read, buf_text(&one), one.len) < 0)
        __builtin_trap();
    settings_compile(&read, &two);
    if (!one.failed && (one.len != two.len || memcmp(buf_text(&one), buf_text(&two), one.len) != 0))
        __builtin_trap();
    settings_release(&read);
    buf_release(&one);
    buf_release(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct settings_row *row;
    struct settings s;
    struct error err;
    char *text;

    if (size == 0 || (text = strndup((const char *)data + 1, size - 1)) == NULL)
        return 0;
    row = &settings_table[data[0] % settings_count];
    if (settings_init(&s, &err) < 0)
        __builtin_trap();
    if (settings_set(&s, row->key, text, FROM_ENVIRONMENT, "variable", &err) == 0)
        there_and_back(&s);
    else if (err.message[0] == '\0')
        __builtin_trap();
    settings_parse_compiled(&s, text, strlen(text));
    there_and_back(&s);
    settings_release(&s);
    free(text);
    return 0;
}
