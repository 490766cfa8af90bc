/* prompts.c - the methods of prompts; see prompts.h. */
#include "base/base.h"

#include "mcp/prompts.h"
#include "mcp/request.h"
#include "render/escape.h"

#include <ctype.h>

#define KEEP_MS 3600000
#define MOST_ARGUMENTS 2
#define LONGEST_TRACE 40

struct prompt {
    const char *name, *title, *description;
    struct {
        const char *name, *description, *fallback;
    } arguments[MOST_ARGUMENTS];
    const char *text; /* %1 and %2 are the arguments */
};

static const struct prompt PROMPTS[] = {
    {"why_did_it_fail",
     "Why did this run fail?",
     "Find the cause of a failed run: the function, the line and the value that was wrong",
     {{"trace", "the trace: its ID, the beginning of one, last or last~1; by default last", "last"},
      {NULL, NULL, NULL}},
     "Find out why the recorded run %1 failed.\n"
     "1. Call breadcrumb__overview with trace \"%1\": what ended it, and with which arguments.\n"
     "2. Follow its `next`: breadcrumb__find_exceptions for the calls that the exception crossed, "
     "breadcrumb__calls for where a wrong value came from.\n"
     "3. Name the function, the line and the value that is wrong, and why; only then change code.\n"
     "4. After the change record it again (breadcrumb run -t 60 ...) and look whether it is gone."},
    {"what_is_slow",
     "What is slow?",
     "Find where the time of a run went, and which calls took it",
     {{"trace", "the trace: its ID, the beginning of one, last or last~1; by default last", "last"},
      {NULL, NULL, NULL}},
     "Find out where the time of the recorded run %1 went.\n"
     "1. Call breadcrumb__top with trace \"%1\": functions by their own time and by calls.\n"
     "2. Call breadcrumb__analyze_performance for the first: how its calls differ, and what the "
     "slowest were given.\n"
     "3. Call breadcrumb__calls for it: who calls it, and how often from one caller.\n"
     "4. Say what costs the time: too many calls, or slow ones, and what would change that."},
    {"what_changed",
     "What changed between two runs?",
     "Compare two runs of a program: calls, results, exceptions, times",
     {{"before", "the earlier trace; by default last~1", "last~1"},
      {"after", "the later trace; by default last", "last"}},
     "Find out what changed between the recorded runs %1 and %2.\n"
     "1. Call breadcrumb__overview for \"%1\" and for \"%2\".\n"
     "2. Compare function_stats of both with breadcrumb__query_traces: functions that only one of "
     "them called, call_count, exception_count and total_ms that differ much (the page "
     "breadcrumb://cookbook has such a query).\n"
     "3. For each function that differs call breadcrumb__calls in both, and compare arguments and "
     "results.\n"
     "4. Say what changed, beginning with what a user of the program would notice."},
};

static const struct prompt *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(PROMPTS); i++)
        if (strcmp(PROMPTS[i].name, name) == 0)
            return &PROMPTS[i];
    return NULL;
}

bool prompt_exists(const char *prompt)
{
    return find(prompt) != NULL;
}

bool prompt_has_argument(const char *prompt, const char *argument)
{
    const struct prompt *p = find(prompt);

    for (size_t i = 0; p != NULL && i < MOST_ARGUMENTS; i++)
        if (p->arguments[i].name != NULL && strcmp(p->arguments[i].name, argument) == 0)
            return true;
    return false;
}

static void put_prompt(const struct request *r, const struct prompt *p, struct buf *out)
{
    buf_putf(out, "{\"name\":\"%s\",", p->name);
    if (r->revision >= REVISION_2025_06_18)
        buf_putf(out, "\"title\":\"%s\",", p->title);
    buf_putf(out, "\"description\":\"%s\",\"arguments\":[", p->description);
    for (size_t i = 0; i < MOST_ARGUMENTS && p->arguments[i].name != NULL; i++)
        buf_putf(out, "%s{\"name\":\"%s\",\"description\":\"%s\",\"required\":false}",
                 i > 0 ? "," : "", p->arguments[i].name, p->arguments[i].description);
    buf_puts(out, "]}");
}

void method_prompts_list(struct request *r)
{
    struct buf members = BUF_INIT(LIMIT_ANSWER_BYTES);
    const json_t *cursor = json_object_get(r->params, "cursor");

    if (cursor != NULL && !(json_is_string(cursor) && json_string_length(cursor) == 0)) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "invalid cursor");
        return;
    }
    buf_puts(&members, "\"prompts\":[");
    for (size_t i = 0; i < ARRAY_SIZE(PROMPTS); i++) {
        if (i > 0)
            buf_putc(&members, ',');
        put_prompt(r, &PROMPTS[i], &members);
    }
    buf_putc(&members, ']');
    request_put_cache(r, KEEP_MS, true, &members);
    request_answer(r, buf_text(&members));
    buf_release(&members);
}

/* It goes into what an agent is told to do, so it is a trace and nothing else. */
static bool is_trace(const char *text)
{
    size_t len = strlen(text);

    if (strncmp(text, "last", 4) == 0) {
        text += 4;
        return *text == '\0' || (*text == '~' && isdigit((unsigned char)text[1]) &&
                                 strspn(text + 1, "0123456789") == strlen(text + 1));
    }
    return len > 0 && len <= LONGEST_TRACE && strspn(text, "0123456789abcdefABCDEF-") == len;
}

/* The values of the arguments, given or not. False: it was answered. */
static bool read_values(struct request *r, const struct prompt *p,
                        const char *values[MOST_ARGUMENTS])
{
    json_t *given = json_object_get(r->params, "arguments");
    const char *key;
    json_t *value;

    for (size_t i = 0; i < MOST_ARGUMENTS; i++)
        values[i] = p->arguments[i].fallback;
    if (given != NULL && !json_is_object(given)) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "params.arguments has to be an object");
        return false;
    }
    json_object_foreach(given, key, value)
    {
        const char *text = message_text(given, key);
        size_t i = 0;

        (void)value;
        while (i < MOST_ARGUMENTS &&
               (p->arguments[i].name == NULL || strcmp(p->arguments[i].name, key) != 0))
            i++;
        if (i == MOST_ARGUMENTS || text == NULL || !is_trace(text)) {
            request_fail(r, RPC_INVALID_PARAMS, NULL,
                         i == MOST_ARGUMENTS ? "the prompt has no argument '%.60s'"
                                             : "argument '%.60s' has to be a trace",
                         key);
            return false;
        }
        values[i] = text;
    }
    return true;
}

void method_prompts_get(struct request *r)
{
    struct buf members = BUF_INIT(LIMIT_ANSWER_BYTES), text = BUF_INIT(LIMIT_ANSWER_BYTES);
    const char *name = message_text(r->params, "name"), *values[MOST_ARGUMENTS];
    const struct prompt *p = name != NULL ? find(name) : NULL;

    if (p == NULL) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "Unknown prompt: %.100s",
                     name != NULL ? name : "");
        return;
    }
    if (!read_values(r, p, values))
        return;
    for (const char *c = p->text; *c != '\0'; c++) {
        if (*c == '%' && (c[1] == '1' || c[1] == '2'))
            buf_puts(&text, values[*++c - '1']);
        else
            buf_putc(&text, *c);
    }
    buf_putf(&members,
             "\"description\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":{"
             "\"type\":\"text\",\"text\":",
             p->description);
    escape_json(&members, buf_text(&text), text.len);
    buf_puts(&members, "}}]");
    request_answer(r, buf_text(&members));
    buf_release(&members);
    buf_release(&text);
}
