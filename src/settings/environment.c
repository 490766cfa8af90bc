/* environment.c - settings from the variables BREADCRUMB_..., and variables that were meant to be one. Host only. */
#include "base/base.h"

#include "settings/nearest.h"
#include "settings/settings.h"
#include "settings/table.h"

#include <strings.h>
#include <unistd.h>

#define PREFIX "BREADCRUMB_"

/* Variables of ours that are no settings. */
static const char *const OTHERS[] = {"BREADCRUMB_HOME", "BREADCRUMB_RUN", "BREADCRUMB_PROGRAM",
                                     "BREADCRUMB_PAGER", "BREADCRUMB_MCP_TOKEN"};

static bool is_ours(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(OTHERS); i++)
        if (strcmp(name, OTHERS[i]) == 0)
            return true;
    for (size_t i = 0; i < settings_count; i++)
        if (strcmp(name, settings_table[i].environment) == 0)
            return true;
    return false;
}

/* Which setting it was meant to be, or NULL. Nearer than what nearest_begin() takes for a slip: the name may be another
 * program's, and the letters of the prefix are none that could be wrong. */
static const char *meant(const char *name)
{
    const char *best = NULL;
    int distance = strlen(name) - strlen(PREFIX) > 6 ? 3 : 2;

    for (size_t i = 0; i < settings_count; i++) {
        int d = nearest_distance(name, settings_table[i].environment);

        if (d < distance) {
            distance = d;
            best = settings_table[i].environment;
        }
    }
    return best;
}

/* A name that is nearly a setting's would record what its owner wanted to be left out, and nobody would know. */
static int look_for_slips(struct error *err)
{
    for (char **word = environ; word != NULL && *word != NULL; word++) {
        char name[NEAREST_WORD + 1];
        size_t len = strcspn(*word, "=");
        const char *best;

        if (strncasecmp(*word, PREFIX, strlen(PREFIX)) != 0 || len >= sizeof(name) ||
            (*word)[len] == '\0' || (*word)[len + 1] == '\0')
            continue;
        memcpy(name, *word, len);
        name[len] = '\0';
        best = is_ours(name) ? NULL : meant(name);
        if (best != NULL) {
            error_set(err, ERR_INVALID_SETTING, "the variable %s is no setting", name);
            return error_suggest(err, "did you mean %s?", best);
        }
    }
    return 0;
}

int settings_from_environment(struct settings *s, struct error *err)
{
    if (look_for_slips(err) < 0)
        return ERR_INVALID_SETTING;
    for (size_t i = 0; i < settings_count; i++) {
        const struct settings_row *row = &settings_table[i];
        const char *value = getenv(row->environment);

        if (value == NULL || value[0] == '\0')
            continue;
        if (settings_set(s, row->key, value, FROM_ENVIRONMENT, row->environment, err) < 0)
            return ERR_INVALID_SETTING;
    }
    return 0;
}

bool settings_is_environments(const struct error *problem)
{
    struct settings trial = {0};
    struct error same;
    bool is = settings_from_environment(&trial, &same) < 0 && problem->code == same.code &&
              strcmp(problem->message, same.message) == 0;

    settings_release(&trial);
    return is;
}
