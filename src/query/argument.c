/* argument.c - see argument.h. */
#include "base/base.h"

#include "query/argument.h"
#include "query/utf8.h"
#include "query/when.h"

#include <ctype.h>
#include <math.h>

#define LIMIT_GIVEN 4096 /* values of one command line */

void arguments_init(struct arguments *args, const struct argument *specs, size_t nspecs)
{
    *args = (struct arguments){.specs = specs, .nspecs = nspecs};
}

void arguments_release(struct arguments *args)
{
    free(args->given);
    args->given = NULL;
    args->ngiven = args->capacity = 0;
}

const struct argument *argument_find(const struct argument *specs, size_t nspecs, const char *name)
{
    for (size_t i = 0; i < nspecs; i++)
        if (strcmp(specs[i].name, name) == 0)
            return &specs[i];
    return NULL;
}

const char *argument_metavar(const struct argument *spec, char *space, size_t size)
{
    size_t n = 0;

    if (spec->metavar != NULL)
        return spec->metavar;
    for (; spec->name[n] != '\0' && n + 1 < size; n++)
        space[n] = spec->name[n] == '-' ? '_' : (char)toupper((unsigned char)spec->name[n]);
    space[n] = '\0';
    return space;
}

/* ---- values ------------------------------------------------------------------------------- */

static bool has_range(const struct argument *spec)
{
    return spec->min != 0 || spec->max != 0;
}

static int out_of_range(const struct argument *spec, const char *text, const char *where,
                        struct error *err)
{
    error_set(err, ERR_USAGE, "%s: '%.100s' is out of range", where, text);
    return error_suggest(err, "give a number from %lld to %lld", (long long)spec->min,
                         (long long)spec->max);
}

static int wrong_kind(const struct argument *spec, const char *kind, const char *text,
                      const char *where, struct error *err)
{
    error_set(err, ERR_USAGE, "%s: '%.100s' is not a %s", where, text, kind);
    if (!has_range(spec))
        return error_suggest(err, "give a %s, like 5", kind);
    return error_suggest(err, "give a number from %lld to %lld", (long long)spec->min,
                         (long long)spec->max);
}

static int read_int(struct given *g, const char *where, struct error *err)
{
    const struct argument *spec = g->spec;
    char *end = NULL;

    errno = 0;
    g->integer = strtoll(g->text, &end, 10);
    if (isspace((unsigned char)g->text[0]) || end == g->text || *end != '\0')
        return wrong_kind(spec, "whole number", g->text, where, err);
    if (errno == ERANGE || (has_range(spec) && (g->integer < spec->min || g->integer > spec->max)))
        return out_of_range(spec, g->text, where, err);
    g->real = (double)g->integer;
    return 0;
}

static int read_number(struct given *g, const char *where, struct error *err)
{
    const struct argument *spec = g->spec;
    char *end = NULL;

    g->real = strtod(g->text, &end);
    if (isspace((unsigned char)g->text[0]) || end == g->text || *end != '\0' || isnan(g->real))
        return wrong_kind(spec, "number", g->text, where, err);
    if (has_range(spec) && (g->real < (double)spec->min || g->real > (double)spec->max))
        return out_of_range(spec, g->text, where, err);
    return 0;
}

static int read_choice(const struct given *g, const char *where, struct error *err)
{
    char all[200] = "";
    size_t used = 0;

    for (const char *const *c = g->spec->choices; *c != NULL; c++) {
        if (strcmp(*c, g->text) == 0)
            return 0;
        if (used < sizeof(all))
            used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
                                     c == g->spec->choices ? "" : ", ", *c);
    }
    error_set(err, ERR_USAGE, "%s: there is no '%.100s'", where, g->text);
    return error_suggest(err, "give one of: %s", all);
}

/* What goes to the database has to be UTF-8: DuckDB does not expect anything else. */
static int read_text(const struct given *g, size_t most, const char *where, struct error *err)
{
    size_t len = strlen(g->text);

    if (len > most)
        return error_set(err, ERR_USAGE, "%s: %zu bytes are too long, at most %zu", where, len,
                         most);
    if (!utf8_valid(g->text, len))
        return error_set(err, ERR_USAGE, "%s: is not UTF-8", where);
    if (g->spec->type != ARGUMENT_SQL && strspn(g->text, " \t\r\n") == len)
        return error_set(err, ERR_USAGE, "%s: is empty", where);
    return 0;
}

static int read_pair(const struct given *g, const char *where, struct error *err)
{
    size_t n = strspn(g->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    if (n > 0 && g->text[n] == '=')
        return utf8_valid(g->text, strlen(g->text))
                   ? 0
                   : error_set(err, ERR_USAGE, "%s: is not UTF-8", where);
    error_set(err, ERR_USAGE, "%s: '%.100s' is not NAME=VALUE", where, g->text);
    return error_suggest(err, "write for example id=42: then the query may say $id");
}

static int read_value(struct given *g, const char *where, struct error *err)
{
    switch (g->spec->type) {
    case ARGUMENT_INT:
        return read_int(g, where, err);
    case ARGUMENT_NUMBER:
        return read_number(g, where, err);
    case ARGUMENT_CHOICE:
        return read_choice(g, where, err);
    case ARGUMENT_TRACE:
        return read_text(g, 200, where, err);
    case ARGUMENT_FUNCTION:
        return read_text(g, LIMIT_NAME_BYTES, where, err);
    case ARGUMENT_SQL:
        return read_text(g, LIMIT_SQL_BYTES, where, err);
    case ARGUMENT_TIME:
        return when_check(g->text, where, err);
    case ARGUMENT_PAIR:
        return read_pair(g, where, err);
    case ARGUMENT_FLAG:
        g->integer = 1;
        return 0;
    case ARGUMENT_TEXT:
        return 0;
    }
    return 0;
}

static struct given *last_given(const struct arguments *args, const char *name)
{
    for (size_t i = args->ngiven; i > 0; i--)
        if (strcmp(args->given[i - 1].spec->name, name) == 0)
            return &args->given[i - 1];
    return NULL;
}

int arguments_give(struct arguments *args, const struct argument *spec, const char *text,
                   const char *where, struct error *err)
{
    struct given g = {.spec = spec, .text = text};
    int ret = read_value(&g, where, err);

    if (ret < 0)
        return ret;
    if (spec->type != ARGUMENT_FLAG && !(spec->flags & ARGUMENT_REPEATS) &&
        last_given(args, spec->name) != NULL)
        return error_set(err, ERR_USAGE, "%s: was given twice", where);
    if (args->ngiven == args->capacity) {
        size_t capacity = args->capacity == 0 ? 16 : args->capacity * 2;
        struct given *more = NULL;

        if (capacity <= LIMIT_GIVEN)
            more = realloc(args->given, capacity * sizeof(*more));
        if (more == NULL)
            return error_set(err, ERR_USAGE, "%s: too many options", where);
        args->given = more;
        args->capacity = capacity;
    }
    args->given[args->ngiven++] = g;
    return 0;
}

int arguments_complete(const struct arguments *args, struct error *err)
{
    for (size_t i = 0; i < args->nspecs; i++) {
        const struct argument *spec = &args->specs[i];
        char name[64];

        if (!(spec->flags & ARGUMENT_REQUIRED) || last_given(args, spec->name) != NULL)
            continue;
        if (spec->flags & ARGUMENT_POSITIONAL)
            error_set(err, ERR_USAGE, "%s is missing", argument_metavar(spec, name, sizeof(name)));
        else
            error_set(err, ERR_USAGE, "the option --%s is missing", spec->name);
        return spec->help != NULL ? error_suggest(err, "it is %s", spec->help) : ERR_USAGE;
    }
    return 0;
}

/* ---- reading them ------------------------------------------------------------------------- */

/* What was given, or the default in `space`, or NULL. */
static const struct given *value_of(const struct arguments *args, const char *name,
                                    struct given *space)
{
    const struct given *g = last_given(args, name);
    const struct argument *spec;

    if (g != NULL)
        return g;
    spec = argument_find(args->specs, args->nspecs, name);
    if (spec == NULL || spec->fallback == NULL)
        return NULL;
    *space = (struct given){.spec = spec, .text = spec->fallback};
    return read_value(space, "default", NULL) == 0 ? space : NULL;
}

bool arguments_given(const struct arguments *args, const char *name)
{
    return last_given(args, name) != NULL;
}

int64_t arguments_int(const struct arguments *args, const char *name)
{
    struct given space;
    const struct given *g = value_of(args, name, &space);

    return g != NULL ? g->integer : 0;
}

double arguments_number(const struct arguments *args, const char *name)
{
    struct given space;
    const struct given *g = value_of(args, name, &space);

    return g != NULL ? g->real : 0;
}

bool arguments_flag(const struct arguments *args, const char *name)
{
    return last_given(args, name) != NULL;
}

const char *arguments_text(const struct arguments *args, const char *name)
{
    struct given space;
    const struct given *g = value_of(args, name, &space);

    return g != NULL ? g->text : NULL;
}

const char *arguments_nth(const struct arguments *args, const char *name, size_t n)
{
    for (size_t i = 0; i < args->ngiven; i++)
        if (strcmp(args->given[i].spec->name, name) == 0 && n-- == 0)
            return args->given[i].text;
    return NULL;
}

bool arguments_known(const struct arguments *args, const char *name)
{
    return argument_find(args->specs, args->nspecs, name) != NULL;
}

const char *argument_type_name(enum argument_type type)
{
    static const char *const NAMES[] = {
        [ARGUMENT_TEXT] = "text",         [ARGUMENT_INT] = "integer",
        [ARGUMENT_NUMBER] = "number",     [ARGUMENT_FLAG] = "flag",
        [ARGUMENT_CHOICE] = "choice",     [ARGUMENT_TRACE] = "trace",
        [ARGUMENT_SQL] = "SQL",           [ARGUMENT_TIME] = "time",
        [ARGUMENT_FUNCTION] = "function", [ARGUMENT_PAIR] = "NAME=VALUE",
    };

    return NAMES[type];
}
