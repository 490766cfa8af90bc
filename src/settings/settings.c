/*
 * settings.c - a struct settings: its defaults, its memory, and how text becomes a value.
 * Both sides. What is said about a value that does not fit is in set.c.
 */
#include "base/base.h"

#include "settings/settings.h"

#include "base/limits.h"
#include "redact/redact.h"
#include "settings/match.h"
#include "settings/table.h"

#include <strings.h>

static bool parse_bool(const char *text, bool *ret)
{
    static const char *const yes[] = {"1", "true", "yes", "on"};
    static const char *const no[] = {"0", "false", "no", "off"};

    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
            *ret = strcasecmp(text, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

static bool parse_int(const char *text, int64_t *ret)
{
    char *end;
    long long value;

    /* strtoll would take leading blanks and a plus sign. */
    if (!(text[0] == '-' || (text[0] >= '0' && text[0] <= '9')))
        return false;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text)
        return false;
    *ret = value;
    return true;
}

static const char *read_digits(const char *p, double *value, double *unit)
{
    for (; *p >= '0' && *p <= '9'; p++) {
        *value = *value * 10 + (*p - '0');
        *unit *= 10;
    }
    return p;
}

/* Digits with a point, and an exponent. Not strtod: in a program that has set its locale that one
 * wants a comma, and the guest must read what the host wrote. */
static bool parse_real(const char *text, double *ret)
{
    double value = 0, before = 1, behind = 1;
    const char *p = read_digits(text, &value, &before);
    int64_t exponent = 0;

    if (*p == '.')
        p = read_digits(p + 1, &value, &behind);
    if (before * behind == 1)
        return false; /* no digit at all */
    if (*p == 'e' || *p == 'E') {
        if (!parse_int(p + 1, &exponent) || exponent > 300 || exponent < -300)
            return false;
        p = "";
    }
    if (*p != '\0')
        return false;
    for (value /= behind; exponent > 0; exponent--)
        value *= 10;
    for (; exponent < 0; exponent++)
        value /= 10;
    *ret = value;
    return true;
}

static bool parse_choice(const char *const *choices, const char *text, int *ret)
{
    for (int i = 0; choices[i] != NULL; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

enum settings_fit settings_list_add(struct settings_list *list, const char *text)
{
    char **items;
    char *item = strdup(text);

    if (item == NULL)
        return SETTING_NO_MEMORY;
    items = realloc(list->items, (list->count + 1) * sizeof(*items));
    if (items == NULL) {
        free(item);
        return SETTING_NO_MEMORY;
    }
    list->items = items;
    items[list->count++] = item;
    return SETTING_FITS;
}

void settings_list_clear(struct settings_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    list->items = NULL;
    list->count = 0;
}

static enum settings_fit assign_path(char **field, const char *text)
{
    char *copy;

    if (text[0] == '\0' || strlen(text) >= LIMIT_PATH_BYTES)
        return SETTING_UNFIT;
    copy = strdup(text);
    if (copy == NULL)
        return SETTING_NO_MEMORY;
    free(*field);
    *field = copy;
    return SETTING_FITS;
}

enum settings_fit settings_assign(struct settings *s, const struct settings_row *row,
                                  const char *text)
{
    void *field = settings_field(s, row);
    bool fits = false;
    char why[160];
    int64_t number;
    double real;

    switch (row->type) {
    case SETTING_BOOL:
        fits = parse_bool(text, field);
        break;
    case SETTING_INT:
        fits = parse_int(text, &number) && number >= row->min && number <= row->max;
        if (fits)
            *(int64_t *)field = number;
        break;
    case SETTING_REAL:
        fits = parse_real(text, &real) && real >= (double)row->min && real <= (double)row->max;
        if (fits)
            *(double *)field = real;
        break;
    case SETTING_CHOICE:
        fits = parse_choice(row->choices, text, field);
        break;
    case SETTING_PATH:
        return assign_path(field, text);
    case SETTING_GLOBS:
        return match_problem(text) == NULL ? settings_list_add(field, text) : SETTING_UNFIT;
    case SETTING_FOLDERS:
        fits = text[0] == '/' && strlen(text) < LIMIT_PATH_BYTES;
        return fits ? settings_list_add(field, text) : SETTING_UNFIT;
    case SETTING_NAMES:
        return redact_name_problem(text) == NULL ? settings_list_add(field, text) : SETTING_UNFIT;
    case SETTING_PATTERNS:
        fits = redact_pattern_problem(text, why, sizeof(why)) == NULL;
        return fits ? settings_list_add(field, text) : SETTING_UNFIT;
    }
    return fits ? SETTING_FITS : SETTING_UNFIT;
}

int settings_init(struct settings *s, struct error *err)
{
    memset(s, 0, sizeof(*s));
    for (size_t i = 0; i < settings_count; i++) {
        const struct settings_row *row = &settings_table[i];

        if (row->fallback != NULL && settings_assign(s, row, row->fallback) != SETTING_FITS) {
            settings_release(s);
            return error_set(err, ERR_FAILED, "out of memory for the settings");
        }
    }
    return 0;
}

void settings_release(struct settings *s)
{
    settings_list_clear(&s->include);
    settings_list_clear(&s->exclude);
    settings_list_clear(&s->workspace);
    settings_list_clear(&s->redact_names);
    settings_list_clear(&s->redact_patterns);
    free(s->db_path);
    free(s->config_file);
    free(s->profile_file);
    s->db_path = s->config_file = s->profile_file = NULL;
}

struct redact *settings_redact(const struct settings *s, char *why, size_t size,
                               const char **ret_why)
{
    struct redact_config config = {
        .names = (const char *const *)s->redact_names.items,
        .nnames = s->redact_names.count,
        .patterns = (const char *const *)s->redact_patterns.items,
        .npatterns = s->redact_patterns.count,
    };
    struct redact *r = NULL;

    *ret_why = NULL;
    if (s->redact) {
        r = redact_new(&config, why, size);
        *ret_why = r == NULL ? why : NULL;
    }
    return r;
}
