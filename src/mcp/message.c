/* message.c - see message.h. */
#include "base/base.h"

#include "mcp/message.h"

/* jansson follows 2,048 levels down its stack; nobody needs so many, and pruning an answer goes down too. */
static bool too_deep(const char *text, size_t len)
{
    int depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < len; i++) {
        if (quoted) {
            if (text[i] == '\\')
                i++;
            else if (text[i] == '"')
                quoted = false;
        } else if (text[i] == '"') {
            quoted = true;
        } else if (text[i] == '{' || text[i] == '[') {
            if (++depth > LIMIT_JSON_DEPTH)
                return true;
        } else if (text[i] == '}' || text[i] == ']') {
            depth--;
        }
    }
    return false;
}

static void bad(struct message *m, int code, const char *why)
{
    m->kind = MESSAGE_BAD;
    m->code = code;
    m->why = why;
}

static bool is_integer(const json_t *id)
{
    double real;

    if (json_is_integer(id))
        return true;
    real = json_real_value(id);
    return json_is_real(id) && real > -9e15 && real < 9e15 && (double)(int64_t)real == real;
}

/* The id, if there is one that an answer can carry. False: there is one, and it cannot be used. */
static bool read_id(struct message *m)
{
    const json_t *id = json_object_get(m->root, "id");

    if (id == NULL)
        return true;
    if (!json_is_string(id) && !is_integer(id))
        return false;
    if (json_is_string(id) && json_string_length(id) > LIMIT_ID_BYTES)
        return false;
    m->id_text = message_dump(id);
    return m->id_text != NULL;
}

static void read_object(struct message *m)
{
    const json_t *method = json_object_get(m->root, "method");
    const json_t *version = json_object_get(m->root, "jsonrpc");
    bool has_id = json_object_get(m->root, "id") != NULL;
    bool fine_id = read_id(m);

    if (!json_is_string(version) || strcmp(json_string_value(version), "2.0") != 0) {
        bad(m, RPC_INVALID_REQUEST, "jsonrpc has to be \"2.0\"");
        return;
    }
    if (method == NULL &&
        (json_object_get(m->root, "result") != NULL || json_object_get(m->root, "error") != NULL)) {
        m->kind = MESSAGE_RESPONSE;
        return;
    }
    m->method = message_text(m->root, "method");
    m->params = json_object_get(m->root, "params");
    if (!fine_id)
        bad(m, RPC_INVALID_REQUEST, "id has to be a string of at most 1024 bytes or an integer");
    else if (m->method == NULL)
        bad(m, RPC_INVALID_REQUEST, "method has to be a string");
    else if (m->params != NULL && !json_is_object(m->params))
        bad(m, RPC_INVALID_PARAMS, "params has to be an object");
    else
        m->kind = has_id ? MESSAGE_REQUEST : MESSAGE_NOTIFICATION;
    /* What asks for no answer gets none, wrong or not. */
    if (m->kind == MESSAGE_BAD && m->method != NULL && !has_id)
        m->kind = MESSAGE_RESPONSE;
}

static void read_root(struct message *m)
{
    if (json_is_object(m->root))
        read_object(m);
    else if (json_is_array(m->root) && json_array_size(m->root) > 0)
        m->kind = MESSAGE_BATCH;
    else
        bad(m, RPC_INVALID_REQUEST, "a message has to be an object");
}

void message_of(struct message *m, json_t *value)
{
    *m = (struct message){.root = json_incref(value)};
    if (json_is_array(value))
        bad(m, RPC_INVALID_REQUEST, "a batch may not hold another");
    else
        read_root(m);
}

void message_read(struct message *m, const char *text, size_t len)
{
    json_error_t error;

    *m = (struct message){0};
    if (too_deep(text, len)) {
        bad(m, RPC_INVALID_REQUEST, "nested deeper than 64 levels");
        return;
    }
    m->root =
        json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (m->root != NULL) {
        read_root(m);
        return;
    }
    switch (json_error_code(&error)) {
    case json_error_duplicate_key:
        bad(m, RPC_INVALID_REQUEST, "a key comes twice in an object");
        break;
    case json_error_numeric_overflow:
        bad(m, RPC_INVALID_REQUEST, "a number is too large");
        break;
    case json_error_invalid_utf8:
        bad(m, RPC_PARSE_ERROR, "not UTF-8");
        break;
    default:
        bad(m, RPC_PARSE_ERROR, "not JSON");
        break;
    }
}

void message_release(struct message *m)
{
    json_decref(m->root);
    free(m->id_text);
    *m = (struct message){0};
}

const char *message_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value) || json_string_length(value) != strlen(json_string_value(value)))
        return NULL;
    return json_string_value(value);
}

char *message_dump(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}
