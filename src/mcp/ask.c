/* ask.c - see ask.h. */
#include "base/base.h"

#include "mcp/ask.h"
#include "mcp/budget.h"
#include "mcp/captured.h"
#include "mcp/message.h"
#include "mcp/tool.h"
#include "settings/nearest.h"

/* Bytes of an answer for each token: an estimate of 4, less what a client adds when it writes the object its own way. */
#define BYTES_FOR_TEN_TOKENS 36
#define PATIENCE_MS 100 /* for what can be answered in parts: a call then ends within 200 ms */
#define CURSOR_FORMAT "%llx.%016llx"

/* ---- arguments ---------------------------------------------------------------------------------- */

static int unknown_argument(const struct question *tool, const char *name, struct error *err)
{
    struct nearest nearest = nearest_begin(name);
    char all[400] = "", space[64];
    size_t used = 0;

    for (size_t i = 0; i < tool->nargs; i++) {
        const char *known = tool_argument_name(&tool->args[i], space, sizeof(space));

        if (!tool_shows(tool, &tool->args[i]))
            continue;
        nearest_offer(&nearest, tool->args[i].name);
        if (used < sizeof(all))
            used += (size_t)snprintf(all + used, sizeof(all) - used, "%s, ", known);
    }
    error_set(err, ERR_USAGE, "unknown argument '%.60s'", name);
    if (nearest.best != NULL)
        return error_suggest(err, "did you mean '%s'? There are: %smax_tokens, detail, cursor",
                             nearest.best, all);
    return error_suggest(err, "there are: %smax_tokens, detail, cursor", all);
}

static int wrong_type(const char *name, const char *wanted, struct error *err)
{
    return error_set(err, ERR_USAGE, "argument '%.60s' has to be %s", name, wanted);
}

/* The value as the text that a command line would have; NULL: it has none. Models write "20" for 20, and 20 for "20". */
static const char *text_of(struct arena *texts, const json_t *value)
{
    double real = json_real_value(value);

    if (json_is_string(value)) {
        const char *text = json_string_value(value);

        return strlen(text) == json_string_length(value) ? arena_strdup(texts, text) : NULL;
    }
    if (json_is_integer(value))
        return arena_printf(texts, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value) && real > -9e15 && real < 9e15 && (double)(int64_t)real == real)
        return arena_printf(texts, "%lld", (long long)real);
    if (json_is_real(value))
        return arena_printf(texts, "%.17g", real);
    return NULL;
}

static int give_one(struct tool_call *call, const struct argument *spec, const json_t *value,
                    struct error *err)
{
    char name[64], where[100];
    const char *text = text_of(&call->texts, value);

    tool_argument_name(spec, name, sizeof(name));
    snprintf(where, sizeof(where), "argument '%s'", name);
    if (spec->type == ARGUMENT_FLAG) {
        bool yes = json_is_true(value) || (text != NULL && strcmp(text, "true") == 0);
        bool no = json_is_false(value) || (text != NULL && strcmp(text, "false") == 0);

        if (!yes && !no)
            return wrong_type(name, "true or false", err);
        return yes ? arguments_give(&call->args, spec, "", where, err) : 0;
    }
    if (text == NULL)
        return wrong_type(name, "a text or a number, and without NUL", err);
    return arguments_give(&call->args, spec, text, where, err);
}

static int give(struct tool_call *call, const struct argument *spec, const json_t *value,
                struct error *err)
{
    int ret = 0;

    if (!json_is_array(value) || !(spec->flags & ARGUMENT_REPEATS))
        return give_one(call, spec, value, err);
    for (size_t i = 0; ret == 0 && i < json_array_size(value); i++)
        ret = give_one(call, spec, json_array_get(value, i), err);
    return ret;
}

static int read_tokens(struct tool_call *call, const json_t *value, struct error *err)
{
    const char *text = text_of(&call->texts, value);
    char *end = NULL;

    call->max_tokens = text != NULL ? strtoll(text, &end, 10) : 0;
    if (text == NULL || end == text || *end != '\0' || call->max_tokens < TOOL_TOKENS_LEAST ||
        call->max_tokens > TOOL_TOKENS_MOST) {
        error_set(err, ERR_USAGE, "argument 'max_tokens' is out of range");
        return error_suggest(err, "give a number from %d to %d", TOOL_TOKENS_LEAST,
                             TOOL_TOKENS_MOST);
    }
    return 0;
}

static int read_detail(struct tool_call *call, const json_t *value, struct error *err)
{
    const char *text = text_of(&call->texts, value);

    call->full = text != NULL && strcmp(text, "full") == 0;
    if (call->full || (text != NULL && strcmp(text, "concise") == 0))
        return 0;
    error_set(err, ERR_USAGE, "argument 'detail': there is no such detail");
    return error_suggest(err, "give one of: concise, full");
}

static void mix(struct tool_call *call, const char *text)
{
    for (; *text != '\0'; text++)
        call->fingerprint = (call->fingerprint ^ (unsigned char)*text) * 0x100000001b3ull;
    call->fingerprint = (call->fingerprint ^ 0xff) * 0x100000001b3ull;
}

static int read_cursor(struct tool_call *call, const char *cursor, struct error *err)
{
    unsigned long long rows = 0, fingerprint = 0;
    char again[64];

    if (cursor == NULL || cursor[0] == '\0') /* the first page */
        return 0;
    if (strlen(cursor) < sizeof(again) && sscanf(cursor, "%llx.%llx", &rows, &fingerprint) == 2 &&
        rows <= INT32_MAX) {
        snprintf(again, sizeof(again), CURSOR_FORMAT, rows, fingerprint);
        if (strcmp(again, cursor) == 0 && fingerprint == call->fingerprint) {
            call->skip = (int64_t)rows;
            return 0;
        }
    }
    error_set(err, ERR_USAGE, "argument 'cursor' is not one of this call's");
    return error_suggest(err, "give next_cursor of an answer to the same tool with the same "
                              "arguments, or leave it out");
}

static int read_argument(struct tool_call *call, const char *key, const json_t *value,
                         struct error *err)
{
    const struct argument *spec = tool_argument(call->tool, key);

    if (json_is_null(value))
        return 0;
    if (spec != NULL)
        return give(call, spec, value, err);
    if (strcmp(key, "max_tokens") == 0)
        return read_tokens(call, value, err);
    if (strcmp(key, "detail") == 0)
        return read_detail(call, value, err);
    if (strcmp(key, "cursor") == 0)
        return json_is_string(value) ? 0 : wrong_type(key, "a text", err);
    return unknown_argument(call->tool, key, err);
}

static int complete(const struct tool_call *call, struct error *err)
{
    char name[64];

    for (size_t i = 0; i < call->args.nspecs; i++) {
        const struct argument *spec = &call->args.specs[i];

        if (!tool_requires(call->tool, spec) || arguments_given(&call->args, spec->name))
            continue;
        error_set(err, ERR_USAGE, "argument '%s' is missing",
                  tool_argument_name(spec, name, sizeof(name)));
        return error_suggest(err, "it is %s", spec->help);
    }
    return 0;
}

int tool_call_read(struct tool_call *call, const struct question *tool, const json_t *arguments,
                   struct error *err)
{
    const char *key;
    json_t *value;
    int ret = 0;

    *call = (struct tool_call){.tool = tool,
                               .texts = ARENA_INIT(4 * LIMIT_SQL_BYTES),
                               .max_tokens = TOOL_TOKENS_DEFAULT,
                               .fingerprint = 0xcbf29ce484222325ull};
    arguments_init(&call->args, tool->args, tool->nargs);
    json_object_foreach((json_t *)arguments, key, value)
    {
        ret = read_argument(call, key, value, err);
        if (ret < 0)
            return ret;
    }
    ret = complete(call, err);
    if (ret < 0)
        return ret;
    mix(call, tool->name);
    for (size_t i = 0; i < call->args.ngiven; i++) {
        mix(call, call->args.given[i].spec->name);
        mix(call, call->args.given[i].text);
    }
    return read_cursor(call, message_text(arguments, "cursor"), err);
}

void tool_call_release(struct tool_call *call)
{
    arguments_release(&call->args);
    arena_release(&call->texts);
}

/* ---- asking ------------------------------------------------------------------------------------- */

struct paging {
    const struct tool_call *call;
    int64_t before; /* rows that the question itself passed over */
};

static void put_cursor(void *ctx, int64_t rows, struct buf *out)
{
    const struct paging *paging = ctx;

    buf_putf(out, CURSOR_FORMAT, (unsigned long long)(paging->before + rows),
             (unsigned long long)paging->call->fingerprint);
}

/* A question that can pass over rows itself is asked to: it need not find them again. */
static int pass_over(struct tool_call *call, struct paging *paging, struct error *err)
{
    struct arguments *args = &call->args;
    const struct argument *spec = argument_find(call->tool->args, call->tool->nargs, "skip");
    const char *text;
    int64_t skip;

    if (spec == NULL || call->skip == 0)
        return 0;
    skip = arguments_int(args, "skip") + call->skip;
    for (size_t i = 0; i < args->ngiven; i++)
        if (args->given[i].spec == spec)
            args->given[i--] = args->given[--args->ngiven];
    text = arena_printf(&call->texts, "%lld", (long long)skip);
    paging->before = call->skip;
    call->skip = 0;
    return text != NULL ? arguments_give(args, spec, text, "cursor", err)
                        : error_set(err, ERR_FAILED, "out of memory");
}

static int write_answer(struct tool_call *call, const struct answer *answer, struct paging *paging,
                        struct buf *out, struct error *err)
{
    struct budget budget = {.tool = call->tool,
                            .bytes = (size_t)call->max_tokens * BYTES_FOR_TEN_TOKENS / 10,
                            .full = call->full,
                            .again = call->again,
                            .skip = call->skip,
                            .put_cursor = put_cursor,
                            .ctx = paging};

    if (budget_write(answer, &budget, out))
        return 0;
    error_set(err, ERR_FAILED, "the answer does not fit into max_tokens = %lld",
              (long long)call->max_tokens);
    return error_suggest(err, "give a larger max_tokens, at most %d", TOOL_TOKENS_MOST);
}

int tool_call_ask(struct tool_call *call, struct store *store, const char *behind,
                  int64_t behind_events, struct buf *out, struct error *err)
{
    struct paging paging = {.call = call};
    struct asking ask = {.store = store,
                         .args = &call->args,
                         .form = ANSWER_OBJECTS,
                         .timeout_ms = QUESTION_TIMEOUT_MS,
                         .patience_ms = PATIENCE_MS,
                         .max_bytes = QUESTION_MAX_BYTES};
    struct answer answer;
    int ret;

    answer_init(&answer);
    ret = pass_over(call, &paging, err);
    if (ret == 0)
        ret = question_ask(call->tool, &ask, &answer, err);
    if (ret == 0)
        answer_behind(&answer, behind, behind_events);
    if (ret == 0)
        ret = write_answer(call, &answer, &paging, out, err);
    answer_release(&answer);
    return ret;
}

/* ---- errors ------------------------------------------------------------------------------------- */

/* What to do next, said for an agent: it has tools, not commands. */
static const char *suggestion_of(const struct error *problem)
{
    switch (problem->code) {
    case ERR_TRACE_NOT_FOUND:
        return "Use " TOOL_PREFIX "query_traces to find available trace IDs";
    case ERR_DATABASE_NOT_FOUND:
        return "To start tracing, run the program with 'breadcrumb run -t 60 python app.py', then "
               "ask again";
    default:
        return problem->suggestion;
    }
}

void tool_put_error(const struct question *tool, const struct error *problem, struct buf *out)
{
    const char *suggestion = suggestion_of(problem);

    buf_putf(out, "{\"error\":\"%s\",\"message\":", error_name(problem->code));
    tool_put_words(tool, problem->message, 500, out);
    buf_puts(out, ",\"suggestion\":");
    tool_put_words(tool, suggestion, 900, out);
    buf_putc(out, '}');
}
