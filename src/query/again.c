/* again.c - see again.h. */
#include "base/base.h"

#include "query/again.h"

#include "query/fetch.h"
#include "query/next.h"
#include "settings/table.h"

struct again {
    struct settings had, plain; /* what the run had; the defaults */
    const char *folder;         /* that it was started in; NULL: not known */
    struct buf options;
};

static void put(struct again *a, const char *option, const char *value)
{
    if (option == NULL)
        return;
    buf_putf(&a->options, "%s ", option);
    if (value == NULL)
        return;
    next_quote(value, &a->options);
    buf_putc(&a->options, ' ');
}

static void put_list(struct again *a, const struct settings_row *row)
{
    const struct settings_list *list = settings_field(&a->had, row);
    const char *fallback = row->type == SETTING_FOLDERS ? a->folder : row->fallback;

    if (list->count == 1 && fallback != NULL && strcmp(list->items[0], fallback) == 0)
        return;
    for (size_t i = 0; i < list->count; i++)
        put(a, row->option, list->items[i]);
}

static void put_setting(struct again *a, const struct settings_row *row)
{
    const void *had = settings_field(&a->had, row), *plain = settings_field(&a->plain, row);
    char text[48];

    switch (row->type) {
    case SETTING_BOOL:
        if (*(const bool *)had != *(const bool *)plain)
            put(a, *(const bool *)had ? row->option : row->option_off, NULL);
        break;
    case SETTING_INT:
        snprintf(text, sizeof(text), "%lld", (long long)*(const int64_t *)had);
        if (*(const int64_t *)had != *(const int64_t *)plain)
            put(a, row->option, text);
        break;
    case SETTING_REAL:
        snprintf(text, sizeof(text), "%.12g", *(const double *)had);
        if (*(const double *)had < *(const double *)plain ||
            *(const double *)had > *(const double *)plain)
            put(a, row->option, text);
        break;
    case SETTING_CHOICE:
        if (*(const int *)had != *(const int *)plain)
            put(a, row->option, row->choices[*(const int *)had]);
        break;
    case SETTING_PATH: /* the database: every suggestion names it by itself */
        break;
    case SETTING_GLOBS:
    case SETTING_FOLDERS:
    case SETTING_NAMES:
    case SETTING_PATTERNS:
        put_list(a, row);
        break;
    }
}

static const char *first_text(const struct asking *ask, struct answer *answer, const char *traces,
                              const char *key)
{
    const char *sql = answer_printf(answer,
                                    "SELECT metadata ->> '%s' FROM traces WHERE id IN %s "
                                    "AND metadata IS NOT NULL ORDER BY started_at LIMIT 1",
                                    key, traces);
    const char *text = NULL;

    return fetch_text(ask, answer, sql, &text, NULL) < 0 ? NULL : text;
}

const char *again_command(const struct asking *ask, struct answer *answer, const char *traces,
                          const char *command, const char *without)
{
    const char *settings = first_text(ask, answer, traces, "settings"), *ret = command;
    struct again a = {.folder = first_text(ask, answer, traces, "cwd"),
                      .options = BUF_INIT(LIMIT_ANSWER_BYTES)};

    if (settings == NULL || settings_init(&a.had, NULL) < 0)
        return command;
    if (settings_init(&a.plain, NULL) < 0) {
        settings_release(&a.had);
        return command;
    }
    if (settings_parse_compiled(&a.had, settings, strlen(settings)) == 0) {
        for (size_t i = 0; i < settings_count; i++) {
            const struct settings_row *row = &settings_table[i];

            /* What was said of it is no part of what was recorded. */
            if (strcmp(row->key, "silent") != 0 &&
                (without == NULL || strcmp(row->key, without) != 0))
                put_setting(&a, row);
        }
        ret = answer_printf(answer, "%s%s", buf_text(&a.options), command);
    }
    buf_release(&a.options);
    settings_release(&a.had);
    settings_release(&a.plain);
    return ret;
}
