/* batch.c - see batch.h. */
#include "base/base.h"

#include "mcp/batch.h"

#define LIMIT_BATCH 100

struct batch {
    struct outlet *whole; /* Borrowed */
    struct buf text;      /* Owned: the answers so far */
    size_t open;          /* messages without an answer, and one while they are taken */
    struct member {
        struct outlet outlet;
        struct batch *batch;
    } members[];
};

static void say(struct outlet *outlet, const char *json, size_t len)
{
    struct batch *batch = ((struct member *)outlet)->batch;

    batch->whole->say(batch->whole, json, len);
}

static void close_one(struct batch *batch)
{
    struct outlet *whole = batch->whole;

    if (--batch->open > 0)
        return;
    if (batch->text.len > 0)
        buf_putc(&batch->text, ']');
    whole->finish(whole, 0, batch->text.len > 0 && !batch->text.failed ? batch->text.data : NULL,
                  batch->text.len);
    buf_release(&batch->text);
    free(batch);
}

static void finish(struct outlet *outlet, int code, const char *json, size_t len)
{
    struct batch *batch = ((struct member *)outlet)->batch;

    (void)code;
    if (json != NULL) {
        buf_putc(&batch->text, batch->text.len == 0 ? '[' : ',');
        buf_put(&batch->text, json, len);
    }
    close_one(batch);
}

bool batch_is(const struct peer *peer, const struct message *message)
{
    return message->kind == MESSAGE_BATCH && peer->revision == REVISION_2025_03_26;
}

void batch_take(struct server *server, struct peer *peer, const struct message *message,
                struct outlet *outlet)
{
    size_t n = json_array_size(message->root);
    struct batch *batch = NULL;
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);

    if (n <= LIMIT_BATCH)
        batch = calloc(1, sizeof(*batch) + n * sizeof(batch->members[0]));
    if (batch == NULL) {
        server_put_error(&out, NULL, RPC_INVALID_REQUEST, "a batch has at most 100 messages");
        outlet->finish(outlet, RPC_INVALID_REQUEST, buf_text(&out), out.len);
        buf_release(&out);
        return;
    }
    *batch = (struct batch){.whole = outlet, .text = BUF_INIT(LIMIT_ANSWER_BYTES), .open = n + 1};
    for (size_t i = 0; i < n; i++) {
        struct message one;

        batch->members[i] = (struct member){{say, finish}, batch};
        message_of(&one, json_array_get(message->root, i));
        server_take(server, peer, &one, &batch->members[i].outlet);
        message_release(&one);
    }
    close_one(batch);
}
