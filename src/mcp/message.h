/*
 * message.h - one JSON-RPC message as it came in, checked and taken apart. Any bytes are fine as input.
 *
 *     struct message m;
 *     message_read(&m, line, len);
 *     if (m.kind == MESSAGE_BAD) ... m.code, m.why, m.id_text ...
 *     message_release(&m);
 *
 * Bounded: the caller bounds the length, LIMIT_JSON_DEPTH the nesting, LIMIT_ID_BYTES the id. A key that comes twice, a lone
 * surrogate, a number that no parser holds are refused, because two programs could read them differently.
 * Not thread-safe. Host only.
 */
#ifndef MCP_MESSAGE_H
#define MCP_MESSAGE_H

#include "base/base.h"

#include <jansson.h>

#define LIMIT_JSON_DEPTH 64
#define LIMIT_ID_BYTES 1024

/* Error codes of JSON-RPC and of the protocol. */
enum rpc_code {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
    RPC_RESOURCE_NOT_FOUND = -32002,  /* before 2026-07-28 */
    RPC_HEADER_MISMATCH = -32020,     /* since 2026-07-28 */
    RPC_UNSUPPORTED_VERSION = -32022, /* since 2026-07-28 */
};

enum message_kind {
    MESSAGE_BAD,
    MESSAGE_REQUEST,
    MESSAGE_NOTIFICATION,
    MESSAGE_RESPONSE, /* to something that we did not ask */
    MESSAGE_BATCH,    /* root is an array, of at least one */
};

struct message {
    enum message_kind kind;
    json_t *root;       /* Owned; NULL when the bytes were no JSON */
    char *id_text;      /* Owned: the id as JSON; NULL: none, or none that can be used */
    const char *method; /* Borrowed; of requests and notifications */
    json_t *params;     /* Borrowed: an object, or NULL */
    int code;           /* of BAD: enum rpc_code */
    const char *why;    /* of BAD: static, lower case */
};

void message_read(struct message *m, const char *text, size_t len);
/* A part of a batch; takes a reference of its own. */
void message_of(struct message *m, json_t *value);
void message_release(struct message *m);

/* The text of a member that is a string without NUL; NULL: it is not there, or something else. Borrowed. */
const char *message_text(const json_t *object, const char *key);
/* JSON text of any value: Owned by the caller (free()). NULL when memory is out. */
char *message_dump(const json_t *value);

#endif
