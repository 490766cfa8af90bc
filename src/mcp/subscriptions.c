/* subscriptions.c - the methods by which a client asks to hear of changes: resources/subscribe and unsubscribe in sessions,
 * subscriptions/listen in 2026-07-28. */
#include "base/base.h"

#include "mcp/request.h"
#include "mcp/resources.h"
#include "mcp/server_private.h"

static bool is_known(const char *uri)
{
    char id[64];

    return uri != NULL && (resource_is_page(uri) || resource_trace(uri, id, sizeof(id)));
}

void method_subscribe(struct request *r)
{
    const char *uri = message_text(r->params, "uri");

    if (!is_known(uri))
        request_fail(r, uri != NULL ? RPC_RESOURCE_NOT_FOUND : RPC_INVALID_PARAMS, NULL,
                     "there is no such resource");
    else if (!subscriber_add(&r->peer->subscriber, uri))
        request_fail(r, RPC_INVALID_PARAMS, NULL, "at most %d subscriptions", LIMIT_SUBSCRIPTIONS);
    else
        request_answer(r, "");
}

void method_unsubscribe(struct request *r)
{
    const char *uri = message_text(r->params, "uri");

    if (uri == NULL) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "params.uri has to be a text");
        return;
    }
    subscriber_remove(&r->peer->subscriber, uri);
    request_answer(r, "");
}

/* ---- a stream that stays open ------------------------------------------------------------------- */

static void say(struct request *r, const char *method, const char *params)
{
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);

    buf_putf(
        &out,
        "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":{%s%s\"_meta\":{\"" META_SUBSCRIPTION
        "\":%s}}}",
        method, params, params[0] != '\0' ? "," : "", r->id_text);
    r->outlet->say(r->outlet, buf_text(&out), out.len);
    buf_release(&out);
}

static void notify(struct subscriber *subscriber, const char *method, const char *params)
{
    say((struct request *)((char *)subscriber - offsetof(struct request, subscriber)), method,
        params);
}

/* Takes over what of the filter we can do, and says so. */
static void acknowledge(struct request *r, const json_t *filter)
{
    const json_t *uris = json_object_get(filter, "resourceSubscriptions");
    json_t *agreed = json_object();
    char *text;
    struct buf params = BUF_INIT(LIMIT_ANSWER_BYTES);

    r->subscriber.notify = notify;
    r->subscriber.list = json_is_true(json_object_get(filter, "resourcesListChanged"));
    if (r->subscriber.list)
        json_object_set_new(agreed, "resourcesListChanged", json_true());
    for (size_t i = 0; i < json_array_size(uris); i++) {
        const char *uri = json_string_value(json_array_get(uris, i));

        if (is_known(uri))
            subscriber_add(&r->subscriber, uri);
    }
    if (json_array_size(r->subscriber.uris) > 0)
        json_object_set(agreed, "resourceSubscriptions", r->subscriber.uris);
    text = message_dump(agreed);
    buf_putf(&params, "\"notifications\":%s", text != NULL ? text : "{}");
    say(r, "notifications/subscriptions/acknowledged", buf_text(&params));
    free(text);
    json_decref(agreed);
    buf_release(&params);
}

void method_listen(struct request *r)
{
    const json_t *filter = json_object_get(r->params, "notifications");

    if (!json_is_object(filter)) {
        request_fail(r, RPC_INVALID_PARAMS, NULL, "params.notifications has to be an object");
        return;
    }
    if (!server_may_listen(r->server)) {
        request_fail(r, RPC_INTERNAL_ERROR, NULL, "too many subscriptions are open: end one first");
        return;
    }
    acknowledge(r, filter);
    server_listen(r);
}
