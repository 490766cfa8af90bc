/*
 * detect_nested.c - secrets between brackets behind a name, and in elements of XML: what is more than a word, or has its name
 * on both sides.
 */
#include "base/base.h"

#include "redact/detect.h"

struct nesting {
    size_t depth;
    size_t open;    /* where the quoted text that is open begins */
    size_t escapes; /* backslashes before each quote, where the whole is quoted itself */
    char quote;     /* of the text that is open; 0: none */
};

/* One byte further in. */
static void step(const struct redact_text *t, size_t at, struct nesting *n)
{
    char c = t->bytes[at];

    if (n->quote != '\0') {
        if (c == n->quote && detect_ends_quote(t, at, n->open, n->escapes))
            n->quote = '\0';
    } else if (detect_is_quote(c)) {
        n->quote = c;
        n->open = at + 1;
    } else if (c == '{' || c == '[' || c == '(') {
        n->depth++;
    } else if (c == '}' || c == ']' || c == ')') {
        n->depth--;
    }
}

/* Begins an item here? Nothing does in an empty one, and in a template's {name}. */
static bool begins_item(char c)
{
    return detect_is_quote(c) || detect_is(c, CLASS_DIGIT) || c == '{' || c == '[' || c == '(';
}

/* {"user": "bob"}, ["a", "b"]: up to the bracket that closes it. */
bool detect_bracket(const struct redact_text *t, size_t at, struct redact_span *span)
{
    size_t most = detect_value_most(t, at), first, p;
    struct nesting n = {.depth = 1};
    char open = detect_byte(t, at);

    if (open != '{' && open != '[' && open != '(')
        return false;
    first = detect_run(t, at + 1, CLASS_BLANK);
    p = detect_unescaped(t, first);
    n.escapes = p - first;
    if (!begins_item(detect_byte(t, p)))
        return false;
    for (; p < most && n.depth > 0; p++)
        step(t, p, &n);
    span->start = at;
    span->end = p;
    return true;
}

/* The name around `at` of an element that begins: <password, <wsse:Password. */
static bool element_name(const struct redact_text *t, size_t at, struct redact_span *name)
{
    name->start = name->end = at;
    while (name->start > 0 && detect_in_name(t->bytes[name->start - 1]) &&
           at - name->start < DETECT_NAME)
        name->start--;
    while (detect_in_name(detect_byte(t, name->end)) && name->end - at < DETECT_NAME)
        name->end++;
    return name->start > 0 &&
           (t->bytes[name->start - 1] == '<' || t->bytes[name->start - 1] == ':');
}

static size_t find_any(const struct redact_text *t, size_t at, size_t most, const char *set)
{
    while (at < most && memchr(set, t->bytes[at], strlen(set)) == NULL)
        at++;
    return at;
}

/* <password>hunter2</password>, <wsse:Password Type="text">hunter2</wsse:Password> */
bool detect_element(const struct redact *r, const struct redact_text *t, size_t at,
                    struct redact_span *span)
{
    struct redact_span name;
    size_t most, end;

    if (!element_name(t, at, &name) ||
        names_find(&r->names, t->bytes + name.start, name.end - name.start) == REDACT_NAME_PLAIN)
        return false;
    most = detect_value_most(t, name.end);
    end = find_any(t, name.end, most, "<>\n");
    if (end >= most || t->bytes[end] != '>')
        return false;
    span->start = end + 1;
    span->end = find_any(t, end + 1, most, "<");
    if (!detect_open(t, span->end) && detect_byte(t, span->end + 1) != '/')
        return false;
    return !detect_placeholder(t, span);
}
