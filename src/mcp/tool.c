/* tool.c - see tool.h. */
#include "base/base.h"

#include "mcp/captured.h"
#include "mcp/tool.h"
#include "query/next.h"

#include <ctype.h>

static const char ANNOTATIONS[] = "{\"readOnlyHint\":true,\"destructiveHint\":false,"
                                  "\"idempotentHint\":true,\"openWorldHint\":false}";

/* ---- names -------------------------------------------------------------------------------------- */

static const char *without_prefix(const char *name)
{
    static const char *const PREFIXES[] = {TOOL_PREFIX, "breadcrumb--", "breadcrumb_"};

    for (size_t i = 0; i < ARRAY_SIZE(PREFIXES); i++)
        if (strncmp(name, PREFIXES[i], strlen(PREFIXES[i])) == 0)
            return name + strlen(PREFIXES[i]);
    return name;
}

const struct question *tool_find(const char *name)
{
    const char *bare = name != NULL ? without_prefix(name) : "";

    for (const struct question *const *q = questions; *q != NULL; q++)
        if ((*q)->tool != NULL && strcmp((*q)->tool->name, bare) == 0)
            return *q;
    return NULL;
}

const char *tool_part_name(const struct question *tool, const char *part)
{
    bool main_part = false;

    if (tool->tool == NULL || tool->tool->rows_as == NULL)
        return part;
    for (const struct question_part *const *p = tool->parts; *p != NULL; p++)
        main_part = main_part || ((*p)->flags & PART_MAIN && strcmp((*p)->name, part) == 0);
    return main_part ? tool->tool->rows_as : part;
}

const char *tool_argument_name(const struct argument *spec, char *space, size_t size)
{
    size_t n = 0;

    for (; spec->name[n] != '\0' && n + 1 < size; n++)
        space[n] = spec->name[n] == '-' ? '_' : spec->name[n];
    space[n] = '\0';
    return space;
}

const struct argument *tool_argument(const struct question *tool, const char *name)
{
    for (size_t i = 0; i < tool->nargs; i++) {
        const char *known = tool->args[i].name;
        size_t n = 0;

        while (known[n] != '\0' && (known[n] == name[n] || (known[n] == '-' && name[n] == '_')))
            n++;
        if (known[n] == '\0' && name[n] == '\0')
            return &tool->args[i];
    }
    return NULL;
}

/* ---- tools/list ----------------------------------------------------------------------------------- */

static void put_string(struct buf *out, const char *text)
{
    captured_text(out, text, strlen(text), 0);
}

/* The argument whose option a text names here: "--limit 20". NULL: none. */
static const struct argument *option_here(const struct question *tool, const char *text)
{
    char name[64];
    size_t n = strspn(text + 2, "abcdefghijklmnopqrstuvwxyz-");

    if (n == 0 || n >= sizeof(name))
        return NULL;
    snprintf(name, sizeof(name), "%.*s", (int)n, text + 2);
    return tool_argument(tool, name);
}

void tool_put_words(const struct question *tool, const char *text, size_t limit, struct buf *out)
{
    struct buf words = BUF_INIT(LIMIT_ANSWER_BYTES);

    for (; *text != '\0'; text++) {
        if (tool != NULL && strncmp(text, "--", 2) == 0 && option_here(tool, text) != NULL)
            text += 2;
        buf_putc(&words, *text);
    }
    captured_text(out, buf_text(&words), words.len, limit);
    buf_release(&words);
}

/* "most rows" as it stands, with a capital. */
static void put_sentence(struct buf *out, const char *text)
{
    char *copy = strdup(text);

    if (copy != NULL) {
        copy[0] = (char)toupper((unsigned char)copy[0]);
        put_string(out, copy);
    } else {
        buf_puts(out, "\"\"");
    }
    free(copy);
}

#define SHORTEST_HELP 12

/* The help of an argument without the clauses that are about the command line (other options, other commands) and without a
 * list of choices, which the schema has. The list is read by every agent at its start, so what stands in each tool is said in
 * the fewest words. */
static void put_help(struct buf *out, const struct argument *spec)
{
    char text[LIMIT_ERROR_BYTES];
    const char *words = spec->help;
    char *colon;

    if (strcmp(spec->name, "run") == 0)
        words = "ID: a whole run";
    else if (spec->type == ARGUMENT_TRACE)
        words = "ID, its beginning, last, last~1";
    else if (strcmp(spec->name, "limit") == 0)
        words = "rows at most";
    snprintf(text, sizeof(text), "%s", words);
    colon = spec->type == ARGUMENT_CHOICE ? strstr(text, ": ") : NULL;
    if (colon != NULL && colon - text >= SHORTEST_HELP)
        *colon = '\0';
    for (char *clause = strstr(text, "; "); clause != NULL; clause = strstr(clause + 2, "; "))
        if (strstr(clause, "--") != NULL || strchr(clause, '`') != NULL) {
            *clause = '\0';
            break;
        }
    put_sentence(out, text);
}

static void put_choices(struct buf *out, const char *const *choices)
{
    buf_puts(out, "\"enum\":[");
    for (const char *const *c = choices; *c != NULL; c++) {
        if (c != choices)
            buf_putc(out, ',');
        put_string(out, *c);
    }
    buf_puts(out, "],");
}

static void put_default(struct buf *out, const struct argument *spec)
{
    if (spec->fallback == NULL)
        return;
    buf_puts(out, "\"default\":");
    if (spec->type == ARGUMENT_INT || spec->type == ARGUMENT_NUMBER)
        buf_puts(out, spec->fallback);
    else
        put_string(out, spec->fallback);
    buf_putc(out, ',');
}

static const char *schema_type(const struct argument *spec)
{
    switch (spec->type) {
    case ARGUMENT_INT:
        return "integer";
    case ARGUMENT_NUMBER:
        return "number";
    case ARGUMENT_FLAG:
        return "boolean";
    default:
        return "string";
    }
}

static void put_property(struct buf *out, const struct argument *spec)
{
    char name[64];

    put_string(out, tool_argument_name(spec, name, sizeof(name)));
    buf_putf(out, ":{\"type\":\"%s\",", schema_type(spec));
    if (spec->type == ARGUMENT_CHOICE)
        put_choices(out, spec->choices);
    if ((spec->type == ARGUMENT_INT || spec->type == ARGUMENT_NUMBER) &&
        (spec->min != 0 || spec->max != 0)) {
        buf_putf(out, "\"minimum\":%lld,", (long long)spec->min);
        /* "As many as there are" is no limit worth its letters. */
        if (spec->max < 100000)
            buf_putf(out, "\"maximum\":%lld,", (long long)spec->max);
    }
    put_default(out, spec);
    buf_puts(out, "\"description\":");
    put_help(out, spec);
    buf_puts(out, "},");
}

bool tool_shows(const struct question *tool, const struct argument *spec)
{
    static const char *const NOWHERE[] = {"skip", NULL}; /* a cursor pages */
    const char *const *lists[] = {NOWHERE, tool->tool->hidden};

    for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
        for (const char *const *name = lists[l]; name != NULL && *name != NULL; name++)
            if (strcmp(*name, spec->name) == 0)
                return false;
    return !(spec->flags & ARGUMENT_HIDDEN);
}

bool tool_requires(const struct question *tool, const struct argument *spec)
{
    return spec->flags & ARGUMENT_REQUIRED ||
           (tool->tool->needs != NULL && strcmp(tool->tool->needs, spec->name) == 0);
}

static void put_input_schema(struct buf *out, const struct question *q)
{
    bool first = true;
    char name[64];

    buf_puts(out, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < q->nargs; i++)
        if (tool_shows(q, &q->args[i]))
            put_property(out, &q->args[i]);
    buf_putf(out,
             "\"max_tokens\":{\"type\":\"integer\",\"default\":%d,"
             "\"description\":\"Of the answer\"},"
             "\"detail\":{\"type\":\"string\",\"enum\":[\"concise\",\"full\"],"
             "\"description\":\"full: values uncut\"},"
             "\"cursor\":{\"type\":\"string\",\"description\":\"A next_cursor\"}}",
             TOOL_TOKENS_DEFAULT);
    for (size_t i = 0; i < q->nargs; i++) {
        if (!tool_requires(q, &q->args[i]))
            continue;
        buf_puts(out, first ? ",\"required\":[" : ",");
        first = false;
        put_string(out, tool_argument_name(&q->args[i], name, sizeof(name)));
    }
    buf_puts(out, first ? ",\"additionalProperties\":false}" : "],\"additionalProperties\":false}");
}

/* What stands in every answer (total, omitted, next) and single values are left to the documentation: the list is read by every
 * agent at its start. */
static void put_output_schema(struct buf *out, const struct question *q)
{
    bool first = true;

    buf_puts(out, "{\"type\":\"object\",\"properties\":{");
    for (const struct question_part *const *p = q->parts; *p != NULL; p++) {
        if ((*p)->kind == PART_FIELDS)
            continue;
        if (!first)
            buf_putc(out, ',');
        first = false;
        put_string(out, tool_part_name(q, (*p)->name));
        buf_putf(out, ":{\"type\":\"%s\",\"description\":",
                 (*p)->kind == PART_RECORD ? "object" : "array");
        put_sentence(out, (*p)->meaning);
        buf_putc(out, '}');
    }
    buf_puts(out, "}}");
}

static void put_tool(struct buf *out, const struct question *q, enum revision revision)
{
    buf_puts(out, "{\"name\":\"" TOOL_PREFIX);
    buf_puts(out, q->tool->name);
    buf_puts(out, "\",");
    if (revision >= REVISION_2025_06_18) {
        buf_puts(out, "\"title\":");
        put_string(out, q->tool->title);
        buf_putc(out, ',');
    }
    buf_puts(out, "\"description\":");
    put_string(out, q->tool->use);
    buf_puts(out, ",\"inputSchema\":");
    put_input_schema(out, q);
    if (revision >= REVISION_2025_06_18) {
        buf_puts(out, ",\"outputSchema\":");
        put_output_schema(out, q);
    }
    if (revision >= REVISION_2025_03_26)
        buf_putf(out, ",\"annotations\":%s", ANNOTATIONS);
    buf_putc(out, '}');
}

void tool_put_list(enum revision revision, struct buf *out)
{
    bool first = true;

    buf_putc(out, '[');
    for (const struct question *const *q = questions; *q != NULL; q++) {
        if ((*q)->tool == NULL)
            continue;
        if (!first)
            buf_putc(out, ',');
        first = false;
        put_tool(out, *q, revision);
    }
    buf_putc(out, ']');
}

/* ---- next steps --------------------------------------------------------------------------------- */

static void put_step_value(struct buf *out, const struct argument *spec, const char *value)
{
    if (spec != NULL && (spec->type == ARGUMENT_INT || spec->type == ARGUMENT_NUMBER))
        buf_puts(out, value);
    else if (spec != NULL && spec->type == ARGUMENT_FLAG)
        buf_puts(out, "true");
    else
        put_string(out, value);
}

static void put_step_arguments(const struct question *q, const struct next_step *step,
                               struct buf *out)
{
    bool first = true;
    char name[64];

    buf_putc(out, '{');
    for (size_t i = 0; i < step->nvalues; i++) {
        const struct next_value *v = &step->values[i];
        const struct argument *spec = tool_argument(q, v->name);

        if (spec == NULL)
            continue;
        if (!first)
            buf_putc(out, ',');
        first = false;
        put_string(out, tool_argument_name(spec, name, sizeof(name)));
        buf_putc(out, ':');
        put_step_value(out, spec, v->value);
    }
    buf_putc(out, '}');
}

/* A client may hold to the schema, so what it does not show is for the command line. */
static bool is_call(const struct question *q, const struct next_step *step)
{
    if (q == NULL || q->tool == NULL)
        return false;
    for (size_t i = 0; i < step->nvalues; i++) {
        const struct argument *spec = tool_argument(q, step->values[i].name);

        if (spec == NULL || !tool_shows(q, spec))
            return false;
    }
    return true;
}

bool tool_turns_page(const struct next_step *step)
{
    for (size_t i = 0; i < step->nvalues; i++)
        if (strcmp(step->values[i].name, "skip") == 0)
            return true;
    return false;
}

void tool_put_step(const struct next_step *step, const char *again, struct buf *out)
{
    const struct next_again with = {again != NULL ? again : "", ""};
    const struct question *q = question_find(step->question);
    struct buf command = BUF_INIT(LIMIT_SQL_BYTES + 1024);

    if (tool_turns_page(step)) /* that is what the cursor is for */
        return;
    if (is_call(q, step)) {
        buf_putf(out, "{\"tool\":\"" TOOL_PREFIX "%s\",\"arguments\":", q->tool->name);
        put_step_arguments(q, step, out);
    } else {
        next_command_line(step, &with, &command);
        buf_puts(out, "{\"command\":");
        captured_text(out, buf_text(&command), command.len, 0);
    }
    buf_puts(out, ",\"why\":");
    put_string(out, step->why);
    buf_putc(out, '}');
    buf_release(&command);
}
