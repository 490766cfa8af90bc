/* yaml_fuzz.c - any bytes as a settings file: read as settings, and changed in place. What an edit says it did is so. */
#include "base/base.h"

#include "base/limits.h"
#include "settings/edit.h"
#include "settings/settings.h"
#include "settings/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);
    struct error err;
    const struct edit edit = {&text, "f.yaml", &err};
    struct settings s = {0};
    struct yaml_doc doc;
    const char *word = "0.5";

    if (settings_from_text(&s, (const char *)data, size, "f.yaml", FROM_FILE, &err) < 0 &&
        err.message[0] == '\0')
        __builtin_trap();
    settings_release(&s);
    buf_put(&text, data, size);
    edit_set(&edit, settings_row("sample_rate"), &word, 1);
    edit_remove(&edit, settings_row("include"), "*");
    if (edit_add(&edit, settings_row("exclude"), "it's.*") == 0) {
        const struct yaml_entry *e;
        bool there = false;

        if (yaml_parse(buf_text(&text), text.len, "f.yaml", &doc, NULL) < 0)
            __builtin_trap();
        e = yaml_find(&doc, "exclude");
        for (size_t i = 0; e != NULL && i < e->count; i++)
            there = there || strcmp(e->items[i].text, "it's.*") == 0;
        if (!there)
            __builtin_trap();
        yaml_release(&doc);
    }
    edit_unset(&edit, settings_row("values"));
    buf_release(&text);
    return 0;
}
