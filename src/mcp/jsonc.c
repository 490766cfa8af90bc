/* jsonc.c - see jsonc.h. */
#include "base/base.h"

#include "mcp/jsonc.h"

/* ---- the text ------------------------------------------------------------------------------------- */

static size_t string_end(const char *text, size_t at)
{
    for (at++; text[at] != '\0' && text[at] != '"'; at++)
        if (text[at] == '\\' && text[at + 1] != '\0')
            at++;
    return text[at] != '\0' ? at + 1 : at;
}

size_t jsonc_next(const char *text, size_t at)
{
    return at + strspn(text + at, JSONC_BLANKS);
}

static void blank_comments(char *text)
{
    for (size_t i = 0; text[i] != '\0';) {
        const char *end;

        if (text[i] == '"') {
            i = string_end(text, i);
            continue;
        }
        end = text[i] != '/'       ? NULL
              : text[i + 1] == '/' ? text + i + strcspn(text + i, "\n")
              : text[i + 1] == '*' ? strstr(text + i + 2, "*/")
                                   : NULL;
        if (end == NULL) {
            i++;
            continue;
        }
        for (const char *stop = *end == '*' ? end + 2 : end; text + i < stop; i++)
            text[i] = strchr("\r\n", text[i]) != NULL ? text[i] : ' ';
    }
}

/* Only behind a value: {,} stays wrong. */
static void blank_commas(char *text)
{
    char before = '{';

    for (size_t i = 0; text[i] != '\0';) {
        size_t next = text[i] == ',' ? jsonc_next(text, i + 1) : 0;
        char c = text[i];

        if (c == '"') {
            i = string_end(text, i);
            before = c;
            continue;
        }
        if (next > 0 && (text[next] == '}' || text[next] == ']') && strchr("{[,", before) == NULL)
            text[i] = ' ';
        if (strchr(JSONC_BLANKS, c) == NULL)
            before = c;
        i++;
    }
}

/* By the first line that is set in. */
static void find_unit(struct jsonc *doc)
{
    const char *line = strpbrk(doc->plain, "\n");
    size_t n = 0;

    while (line != NULL && n == 0) {
        n = strspn(line + 1, " \t");
        if (n > 0 && line[1 + n] != '"')
            n = 0;
        if (n == 0)
            line = strchr(line + 1, '\n');
    }
    if (n > 0 && n < sizeof(doc->unit))
        snprintf(doc->unit, sizeof(doc->unit), "%.*s", (int)n, line + 1);
    else
        snprintf(doc->unit, sizeof(doc->unit), "  ");
}

void jsonc_release(struct jsonc *doc)
{
    free(doc->no_comments);
    free(doc->plain);
}

bool jsonc_read(struct jsonc *doc, const char *text)
{
    *doc = (struct jsonc){.text = text, .no_comments = strdup(text)};
    doc->newline = strstr(text, "\r\n") != NULL ? "\r\n" : "\n";
    if (doc->no_comments == NULL)
        return false;
    if (strncmp(doc->no_comments, "\xef\xbb\xbf", 3) == 0)
        memcpy(doc->no_comments, "   ", 3);
    blank_comments(doc->no_comments);
    doc->plain = strdup(doc->no_comments);
    if (doc->plain == NULL)
        return false;
    blank_commas(doc->plain);
    find_unit(doc);
    return true;
}

/* ---- places --------------------------------------------------------------------------------------- */

/* Behind the value that begins here; the text is known to be JSON. */
static size_t value_end(const char *text, size_t at)
{
    int depth = 0;

    do {
        if (text[at] == '"') {
            at = string_end(text, at);
        } else if (text[at] == '{' || text[at] == '[') {
            depth++;
            at++;
        } else if (text[at] == '}' || text[at] == ']') {
            depth--;
            at++;
        } else if (depth > 0) {
            at++;
        } else {
            at += strcspn(text + at, ",]}" JSONC_BLANKS);
        }
    } while (depth > 0 && text[at] != '\0');
    return at;
}

struct jsonc_place jsonc_find(const struct jsonc *doc, size_t open, const char *name)
{
    const char *text = doc->plain;
    struct jsonc_place place = {.open = open};
    size_t at = jsonc_next(text, open + 1), len = strlen(name), n = 0;

    while (text[at] == '"') {
        struct jsonc_member m = {.key = at};
        size_t key_end = string_end(text, at);
        bool it = key_end - at == len + 2 && strncmp(text + at + 1, name, len) == 0;

        m.value = jsonc_next(text, jsonc_next(text, key_end) + 1);
        m.end = value_end(text, m.value);
        if (it) {
            place.found = m;
            place.before = place.last;
        }
        place.last = m;
        n++;
        at = jsonc_next(text, m.end);
        if (text[at] == ',')
            at = jsonc_next(text, at + 1);
    }
    place.close = at;
    place.alone = n == 1;
    return place;
}

size_t jsonc_content_end(const struct jsonc *doc, size_t at)
{
    while (at > 0 && strchr(JSONC_BLANKS, doc->text[at - 1]) != NULL)
        at--;
    return at;
}

void jsonc_put_indent(const struct jsonc *doc, size_t at, struct buf *out)
{
    size_t line = at;

    while (line > 0 && doc->text[line - 1] != '\n')
        line--;
    buf_put(out, doc->text + line, strspn(doc->text + line, " \t"));
}

bool jsonc_in_line_comment(const struct jsonc *doc, size_t at)
{
    if (doc->no_comments[at - 1] != ' ')
        return false;
    for (size_t i = at - 1; i > 0 && doc->text[i] != '\n'; i--)
        if (doc->text[i] == '/' && doc->text[i - 1] == '/' && doc->no_comments[i - 1] == ' ')
            return true;
    return false;
}
