/* complete.c - the method completion/complete: all that can be completed is a trace. */
#include "base/base.h"

#include "mcp/captured.h"
#include "mcp/jobs.h"
#include "mcp/prompts.h"
#include "mcp/request.h"

#define MOST_VALUES 100

static void answer(struct request *r, json_t *traces, const char *begin)
{
    struct buf members = BUF_INIT(LIMIT_ANSWER_BYTES);
    size_t n = 0;

    buf_puts(&members, "\"completion\":{\"values\":[");
    if (strncmp("last", begin, strlen(begin)) == 0) {
        buf_puts(&members, "\"last\"");
        n++;
    }
    for (size_t i = 0; i < json_array_size(traces) && n < MOST_VALUES; i++) {
        const char *id = message_text(json_array_get(traces, i), "id");

        if (id == NULL || strncasecmp(id, begin, strlen(begin)) != 0)
            continue;
        if (n++ > 0)
            buf_putc(&members, ',');
        captured_text(&members, id, strlen(id), 0);
    }
    buf_putf(&members, "],\"total\":%zu,\"hasMore\":%s}", n,
             json_array_size(traces) == JOB_TRACES_MOST ? "true" : "false");
    request_answer(r, buf_text(&members));
    buf_release(&members);
}

static void completed(struct request *r, enum job_end end, const char *text, size_t len)
{
    json_t *traces = end == JOB_ANSWERED ? json_loadb(text, len, 0, NULL) : NULL;

    answer(r, traces, message_text(json_object_get(r->params, "argument"), "value"));
    json_decref(traces);
}

void method_complete(struct request *r)
{
    const json_t *ref = json_object_get(r->params, "ref");
    const json_t *argument = json_object_get(r->params, "argument");
    const char *type = message_text(ref, "type"), *name = message_text(argument, "name");
    const char *prompt = message_text(ref, "name"), *uri = message_text(ref, "uri");
    bool known;

    if (type == NULL || name == NULL || message_text(argument, "value") == NULL) {
        request_fail(r, RPC_INVALID_PARAMS, NULL,
                     "completion needs ref.type, argument.name and argument.value");
        return;
    }
    if (strcmp(type, "ref/prompt") == 0 && prompt != NULL && prompt_exists(prompt)) {
        known = prompt_has_argument(prompt, name);
    } else if (strcmp(type, "ref/resource") == 0 && uri != NULL &&
               strcmp(uri, "breadcrumb://trace/{id}/report") == 0) {
        known = strcmp(name, "id") == 0;
    } else {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "there is nothing like that to complete");
        return;
    }
    if (known)
        request_hand_over(r, json_pack("{s:s, s:i}", "kind", "traces", "limit", JOB_TRACES_MOST),
                          completed);
    else
        answer(r, NULL, "\xff");
}
