/* options.c - see options.h. */
#include "base/base.h"

#include "cli/options.h"
#include "settings/nearest.h"

struct found {
    struct arguments *set; /* Borrowed */
    const struct argument *spec;
};

/* No option's name has a space in it: SQL may begin with a comment, "-- the slowest". */
static bool is_option(const char *word)
{
    if (word[0] != '-' || word[1] == '\0')
        return false;
    if (word[1] == '-')
        word += strcspn(word, "= \t\r\n");
    return *word != ' ' && *word != '\t' && *word != '\r' && *word != '\n';
}

static struct found find_long(const struct option_line *line, const char *name, size_t len)
{
    for (size_t s = 0; s < line->nsets; s++)
        for (size_t i = 0; i < line->sets[s]->nspecs; i++) {
            const struct argument *spec = &line->sets[s]->specs[i];

            if (argument_is_option(spec) && strlen(spec->name) == len &&
                memcmp(spec->name, name, len) == 0)
                return (struct found){line->sets[s], spec};
        }
    return (struct found){NULL, NULL};
}

static struct found find_letter(const struct option_line *line, char letter)
{
    for (size_t s = 0; s < line->nsets; s++)
        for (size_t i = 0; i < line->sets[s]->nspecs; i++)
            if (line->sets[s]->specs[i].letter == letter)
                return (struct found){line->sets[s], &line->sets[s]->specs[i]};
    return (struct found){NULL, NULL};
}

static int see_help(const struct option_line *line, struct error *err)
{
    if (line->command != NULL)
        return error_suggest(err, "see 'breadcrumb %s --help'", line->command);
    return error_suggest(err, "see 'breadcrumb --help'");
}

static int unknown_option(const struct option_line *line, const char *option, int len,
                          struct error *err)
{
    struct nearest nearest;
    char name[100];

    snprintf(name, sizeof(name), "%.*s", len, option);
    nearest = nearest_begin(name + strspn(name, "-"));
    for (size_t s = 0; s < line->nsets; s++)
        for (size_t i = 0; i < line->sets[s]->nspecs; i++)
            if (argument_is_option(&line->sets[s]->specs[i]))
                nearest_offer(&nearest, line->sets[s]->specs[i].name);
    error_set(err, ERR_USAGE, "unknown option '%s'", name);
    if (nearest.best != NULL && name[1] == '-')
        return error_suggest(err, "did you mean '--%s'?", nearest.best);
    return see_help(line, err);
}

static int give(const struct found *found, const char *value, struct error *err)
{
    char where[80];

    snprintf(where, sizeof(where), "option --%s", found->spec->name);
    return arguments_give(found->set, found->spec, value, where, err);
}

static int needs_value(const struct found *found, struct error *err)
{
    char space[64];

    error_set(err, ERR_USAGE, "option --%s: its value is missing", found->spec->name);
    return error_suggest(err, "write --%s %s", found->spec->name,
                         argument_metavar(found->spec, space, sizeof(space)));
}

/* --name, --name=value or --name value at argv[*at]; moves *at to the last word that it took. */
static int take_long(const struct option_line *line, int *at, struct error *err)
{
    const char *word = line->argv[*at], *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
    struct found found = find_long(line, word + 2, len - 2);

    if (found.spec == NULL)
        return unknown_option(line, word, (int)(len < 90 ? len : 90), err);
    if (found.spec->type == ARGUMENT_FLAG) {
        if (equals != NULL)
            return error_set(err, ERR_USAGE, "option --%s takes no value", found.spec->name);
        return give(&found, "", err);
    }
    if (equals != NULL)
        return give(&found, equals + 1, err);
    if (*at + 1 >= line->argc)
        return needs_value(&found, err);
    return give(&found, line->argv[++*at], err);
}

/* -v, -n value, -nvalue, -n=value, and flags joined: -vn5. */
static int take_short(const struct option_line *line, int *at, struct error *err)
{
    const char *letter = line->argv[*at] + 1;

    for (; *letter != '\0'; letter++) {
        struct found found = find_letter(line, *letter);
        int ret;

        if (found.spec == NULL) {
            char option[3] = {'-', *letter, '\0'};

            return unknown_option(line, option, 2, err);
        }
        if (found.spec->type != ARGUMENT_FLAG) {
            if (letter[1] != '\0')
                return give(&found, letter + 1 + (letter[1] == '='), err);
            if (*at + 1 >= line->argc)
                return needs_value(&found, err);
            return give(&found, line->argv[++*at], err);
        }
        ret = give(&found, "", err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

static int take_word(const struct option_line *line, const char *word, struct error *err)
{
    struct arguments *set = line->sets[0];
    char space[64];

    for (size_t i = 0; i < set->nspecs; i++) {
        const struct argument *spec = &set->specs[i];

        if (!(spec->flags & ARGUMENT_POSITIONAL))
            continue;
        if (arguments_given(set, spec->name) && !(spec->flags & ARGUMENT_REPEATS))
            continue;
        return arguments_give(set, spec, word, argument_metavar(spec, space, sizeof(space)), err);
    }
    error_set(err, ERR_USAGE, "unexpected word '%.200s'", word);
    return see_help(line, err);
}

int options_parse(const struct option_line *line, struct error *err)
{
    bool only_words = false;
    int at = 0;

    for (; at < line->argc; at++) {
        const char *word = line->argv[at];
        int ret;

        if (!only_words && strcmp(word, "--") == 0) {
            if (line->stops)
                return at + 1;
            only_words = true;
        } else if (only_words || !is_option(word)) {
            if (line->stops)
                return at;
            ret = take_word(line, word, err);
            if (ret < 0)
                return ret;
        } else {
            ret = word[1] == '-' ? take_long(line, &at, err) : take_short(line, &at, err);
            if (ret < 0)
                return ret;
        }
    }
    return at;
}
