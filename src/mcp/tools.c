/* tools.c - the methods tools/list and tools/call. */
#include "base/base.h"

#include "mcp/request.h"
#include "mcp/tool.h"
#include "render/escape.h"

#define KEEP_LIST_MS 3600000

void method_tools_list(struct request *r)
{
    struct buf members = BUF_INIT(LIMIT_ANSWER_BYTES);
    const json_t *cursor = json_object_get(r->params, "cursor");

    /* There is one page, so no cursor but the empty one was ever given out. */
    if (cursor != NULL && !(json_is_string(cursor) && json_string_length(cursor) == 0)) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "invalid cursor");
        return;
    }
    buf_puts(&members, "\"tools\":");
    tool_put_list(r->revision, &members);
    request_put_cache(r, KEEP_LIST_MS, true, &members);
    request_answer(r, buf_text(&members));
    buf_release(&members);
}

/* The answer twice: as text for every client, as an object for those that know it. */
static void called(struct request *r, enum job_end end, const char *text, size_t len)
{
    struct buf members = BUF_INIT(LIMIT_ANSWER_BYTES);

    buf_puts(&members, "\"content\":[{\"type\":\"text\",\"text\":");
    escape_json(&members, text, len);
    buf_puts(&members, "}],");
    if (r->revision >= REVISION_2025_06_18) {
        buf_puts(&members, "\"structuredContent\":");
        buf_put(&members, text, len);
        buf_putc(&members, ',');
    }
    buf_putf(&members, "\"isError\":%s", end == JOB_ANSWERED ? "false" : "true");
    request_answer(r, buf_text(&members));
    buf_release(&members);
}

void method_tools_call(struct request *r)
{
    const char *name = message_text(r->params, "name");
    const struct question *tool = tool_find(name);
    json_t *arguments = json_object_get(r->params, "arguments");

    if (name == NULL) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "params.name has to be the name of a tool");
    } else if (tool == NULL) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "Unknown tool: %.100s", name);
    } else if (arguments != NULL && !json_is_object(arguments)) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "params.arguments has to be an object");
    } else {
        json_t *job = json_pack("{s:s, s:s, s:O*}", "kind", "call", "tool", tool->tool->name,
                                "arguments", arguments);

        request_hand_over(r, job, called);
    }
}
