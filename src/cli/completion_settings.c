/* completion_settings.c - see completion_settings.h. From the table of settings: a new one needs no line here. */
#include "base/base.h"

#include "cli/completion_settings.h"

#include "settings/profiles.h"
#include "settings/table.h"

static void offer_profiles(complete_offer *offer, const void *ctx)
{
    struct profile_names list = {0};

    if (profile_list(&list, NULL) == 0)
        for (size_t i = 0; i < list.count; i++)
            offer(ctx, list.names[i], "a profile");
    profile_list_release(&list);
}

static void offer_keys(const char *end, bool live, complete_offer *offer, const void *ctx)
{
    char word[80];

    for (size_t i = 0; i < settings_count; i++) {
        if (live && !settings_table[i].live)
            continue;
        snprintf(word, sizeof(word), "%s%s", settings_table[i].key, end);
        offer(ctx, word, settings_table[i].comment);
    }
}

/* `prefix` stands before each: "values=". */
static void offer_words(const struct settings_row *row, const char *prefix, complete_offer *offer,
                        const void *ctx)
{
    static const char *const BOOL[] = {"true", "false", NULL};
    const char *const *words = row->type == SETTING_BOOL ? BOOL : row->choices;
    char word[160];

    for (; words != NULL && *words != NULL; words++) {
        snprintf(word, sizeof(word), "%s%s", prefix, *words);
        offer(ctx, word, "");
    }
}

static void offer_pairs(const char *typed, bool live, complete_offer *offer, const void *ctx)
{
    const char *equals = strchr(typed, '=');
    const struct settings_row *row;
    char prefix[80], key[80];

    if (equals == NULL) {
        offer_keys("=", live, offer, ctx);
    } else if ((size_t)(equals - typed) + 1 < sizeof(prefix)) {
        snprintf(prefix, sizeof(prefix), "%.*s=", (int)(equals - typed), typed);
        snprintf(key, sizeof(key), "%.*s", (int)(equals - typed), typed);
        row = settings_row(key);
        if (row != NULL && (row->live || !live))
            offer_words(row, prefix, offer, ctx);
    }
}

void complete_settings(const struct argument *spec, const char *command, const char *word,
                       complete_offer *offer, const void *ctx)
{
    const char *metavar = spec->metavar != NULL ? spec->metavar : "";
    bool of_config = strncmp(command, "config ", 7) == 0;

    if (strcmp(spec->name, "config") == 0 ||
        (of_config && spec->flags & ARGUMENT_POSITIONAL && strcmp(spec->name, "name") == 0 &&
         strcmp(command, "config create") != 0)) {
        offer_profiles(offer, ctx);
    } else if (strcmp(metavar, "KEY=VALUE") == 0) {
        offer_pairs(word, strcmp(command, "set") == 0, offer, ctx);
    } else if (strcmp(metavar, "KEY") == 0) {
        offer_keys("", false, offer, ctx);
    } else if (!(spec->flags & ARGUMENT_POSITIONAL)) {
        for (size_t i = 0; i < settings_count; i++) {
            const struct settings_row *row = &settings_table[i];

            if (row->option != NULL && strcmp(row->option + 2, spec->name) == 0)
                offer_words(row, "", offer, ctx);
        }
    }
}
