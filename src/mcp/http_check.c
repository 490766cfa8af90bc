/* http_check.c - see http_check.h. */
#include "base/base.h"

#include "mcp/http_check.h"

#include <strings.h>

#define LONGEST_HOST 300

static const struct http_refusal FINE = {0, NULL, NULL, NULL, 0};

const char *http_header(struct evhttp_request *req, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(req), name);
}

static size_t count_header(struct evhttp_request *req, const char *name)
{
    size_t n = 0;

    for (const struct evkeyval *h = evhttp_request_get_input_headers(req)->tqh_first; h != NULL;
         h = h->next.tqe_next)
        n += strcasecmp(h->key, name) == 0;
    return n;
}

bool http_same_secret(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    volatile unsigned char differ = na != nb;

    for (size_t i = 0; i < na; i++)
        differ |= (unsigned char)((unsigned char)a[i] ^ (unsigned char)b[nb > 0 ? i % nb : 0]);
    return differ == 0 && nb > 0;
}

/* ---- who sends -------------------------------------------------------------------------------- */

/* Exactly one of our names, with exactly our port: 127.0.0.1:80.evil.example and a@127.0.0.1 are not. */
static bool is_our_name(const struct http_place *place, const char *host)
{
    const char *names[] = {"localhost", "127.0.0.1", "[::1]", place->host, NULL};
    char full[LONGEST_HOST];

    if (place->everywhere)
        return true;
    for (size_t i = place->loopback ? 0 : 3; names[i] != NULL; i++) {
        bool bare_v6 = strchr(names[i], ':') != NULL && names[i][0] != '[';

        snprintf(full, sizeof(full), bare_v6 ? "[%s]:%d" : "%s:%d", names[i], place->port);
        if (strcasecmp(full, host) == 0)
            return true;
        if (place->port == 80 && strcasecmp(names[i], host) == 0)
            return true;
    }
    return false;
}

static bool is_our_origin(const struct http_place *place, const char *origin)
{
    static const char SCHEME[] = "http://";

    if (strncasecmp(origin, SCHEME, sizeof(SCHEME) - 1) != 0)
        return false;
    /* Where any name is ours, no page of another's may be taken for us: only a direct match would say so, and there is none. */
    return !place->everywhere && is_our_name(place, origin + sizeof(SCHEME) - 1);
}

static bool has_token(const struct http_place *place, struct evhttp_request *req)
{
    const char *given = http_header(req, "Authorization");
    static const char SCHEME[] = "Bearer ";

    if (given == NULL || strncasecmp(given, SCHEME, sizeof(SCHEME) - 1) != 0)
        return false;
    given += sizeof(SCHEME) - 1;
    given += strspn(given, " ");
    return http_same_secret(given, place->token);
}

struct http_refusal http_check_sender(const struct http_place *place, struct evhttp_request *req)
{
    static const char *const ONCE[] = {"Host",          "Content-Length",   "Content-Type",
                                       "Authorization", "Origin",           "Mcp-Session-Id",
                                       "Mcp-Method",    "Mcp-Name",         "MCP-Protocol-Version",
                                       "Last-Event-ID", "Transfer-Encoding"};
    const char *host = http_header(req, "Host"), *origin = http_header(req, "Origin");

    for (size_t i = 0; i < ARRAY_SIZE(ONCE); i++)
        if (count_header(req, ONCE[i]) > 1)
            return (struct http_refusal){400, "a header comes twice", NULL, NULL,
                                         RPC_INVALID_REQUEST};
    if (count_header(req, "Content-Length") > 0 && count_header(req, "Transfer-Encoding") > 0)
        return (struct http_refusal){400, "both Content-Length and Transfer-Encoding", NULL, NULL,
                                     RPC_INVALID_REQUEST};
    if (host == NULL || strlen(host) >= LONGEST_HOST || !is_our_name(place, host))
        return (struct http_refusal){403, "the Host is not this server's", NULL, NULL,
                                     RPC_INVALID_REQUEST};
    if (origin != NULL && !is_our_origin(place, origin))
        return (struct http_refusal){403, "the Origin is not allowed", NULL, NULL,
                                     RPC_INVALID_REQUEST};
    if (!has_token(place, req))
        return (struct http_refusal){401, "the token is missing or wrong", "WWW-Authenticate",
                                     "Bearer realm=\"breadcrumb\"", RPC_INVALID_REQUEST};
    return FINE;
}

/* ---- what it brings ----------------------------------------------------------------------------- */

/* Whether a list like "application/json;q=0.9, *" "/" "*" has a type, up to parameters and case. */
static bool list_has(const char *list, const char *type)
{
    size_t len = strlen(type);

    for (const char *p = list; *p != '\0'; p += *p == ',') {
        p += strspn(p, " \t");
        if (strncasecmp(p, type, len) == 0 && strchr(" \t;,", p[len]) != NULL)
            return true;
        p += strcspn(p, ",");
    }
    return false;
}

bool http_accepts(struct evhttp_request *req, const char *type)
{
    const char *accept = http_header(req, "Accept");
    char group[64];

    if (accept == NULL)
        return true;
    snprintf(group, sizeof(group), "%.*s/*", (int)strcspn(type, "/"), type);
    return list_has(accept, type) || list_has(accept, group) || list_has(accept, "*/*");
}

struct http_refusal http_check_form(struct evhttp_request *req)
{
    const char *type = http_header(req, "Content-Type");

    if (type == NULL || strchr(type, ',') != NULL || !list_has(type, "application/json"))
        return (struct http_refusal){415, "Content-Type has to be application/json", NULL, NULL,
                                     RPC_INVALID_REQUEST};
    if (!http_accepts(req, "application/json") && !http_accepts(req, "text/event-stream"))
        return (struct http_refusal){406,
                                     "Accept has to name application/json and text/event-stream",
                                     NULL, NULL, RPC_INVALID_REQUEST};
    return FINE;
}

/* ---- headers beside the body ------------------------------------------------------------------ */

static int base64_digit(char c)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(DIGITS, c) : NULL;

    return at != NULL ? (int)(at - DIGITS) : -1;
}

/* Compares `=?base64?...?=` with a text without keeping what it decodes to. */
static bool encoded_equals(const char *encoded, size_t len, const char *text)
{
    size_t n = strlen(text), at = 0;
    unsigned bits = 0, nbits = 0;

    while (len > 0 && encoded[len - 1] == '=')
        len--;
    for (size_t i = 0; i < len; i++) {
        int digit = base64_digit(encoded[i]);

        if (digit < 0)
            return false;
        bits = (bits << 6 | (unsigned)digit) & 0xffff;
        nbits += 6;
        if (nbits >= 8) {
            nbits -= 8;
            if (at >= n || (unsigned char)text[at++] != ((bits >> nbits) & 0xff))
                return false;
        }
    }
    return at == n;
}

static bool header_equals(const char *value, const char *text)
{
    static const char BEGIN[] = "=?base64?", END[] = "?=";
    size_t len;

    value += strspn(value, " \t");
    len = strlen(value);
    while (len > 0 && strchr(" \t", value[len - 1]) != NULL)
        len--;
    if (len >= sizeof(BEGIN) - 1 + sizeof(END) - 1 &&
        strncmp(value, BEGIN, sizeof(BEGIN) - 1) == 0 &&
        strncmp(value + len - 2, END, sizeof(END) - 1) == 0)
        return encoded_equals(value + sizeof(BEGIN) - 1, len - (sizeof(BEGIN) - 1) - 2, text);
    return strlen(text) == len && strncmp(value, text, len) == 0;
}

static struct http_refusal mismatch(const char *message)
{
    return (struct http_refusal){400, message, NULL, NULL, RPC_HEADER_MISMATCH};
}

struct http_refusal http_check_mirror(struct evhttp_request *req, const struct message *m)
{
    static const char *const NAMED[][2] = {
        {"tools/call", "name"}, {"prompts/get", "name"}, {"resources/read", "uri"}};
    const char *version = http_header(req, "MCP-Protocol-Version");
    const char *method = http_header(req, "Mcp-Method"), *name = http_header(req, "Mcp-Name");
    const char *in_body = message_text(json_object_get(m->params, "_meta"),
                                       "io.modelcontextprotocol/protocolVersion");

    if (version == NULL)
        return mismatch("the header MCP-Protocol-Version is missing");
    if (in_body != NULL && !header_equals(version, in_body))
        return mismatch("the header MCP-Protocol-Version differs from the body");
    if (method == NULL)
        return mismatch("the header Mcp-Method is missing");
    if (!header_equals(method, m->method))
        return mismatch("the header Mcp-Method differs from the body");
    for (size_t i = 0; i < ARRAY_SIZE(NAMED); i++) {
        const char *wanted = message_text(m->params, NAMED[i][1]);

        if (strcmp(NAMED[i][0], m->method) != 0 || wanted == NULL)
            continue;
        if (name == NULL)
            return mismatch("the header Mcp-Name is missing");
        if (!header_equals(name, wanted))
            return mismatch("the header Mcp-Name differs from the body");
    }
    return FINE;
}
