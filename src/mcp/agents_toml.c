/*
 * agents_toml.c - our server in a configuration in TOML: a table of its own, found by its head and edited line by line.
 */
#include "base/base.h"

#include "mcp/agents_edit.h"

#define TABLE "mcp_servers." AGENTS_SERVER
#define LONGEST_NAME 256

/* A line as far as we read TOML. */
enum line_kind { LINE_OTHER, LINE_BLANK, LINE_HEAD, LINE_KEY };

struct scan {
    const char *at;           /* the next line */
    char table[LONGEST_NAME]; /* the table it stands in; "" the root */
    char key[LONGEST_NAME];   /* of LINE_KEY */
    const char *inside;       /* the quotes of a text of several lines; NULL: in none */
};

struct table {
    const char *begin, *end;    /* from its head to behind its last line; NULL: there is none */
    const char *command, *args; /* lines in it; NULL: it has none */
};

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');

    return end != NULL ? end + 1 : line + strlen(line);
}

/* A name as it would be without blanks and quotes: a . "b" is a.b */
static void plain_name(const char *text, size_t len, char ret[LONGEST_NAME])
{
    size_t n = 0;

    for (size_t i = 0; i < len && n + 1 < LONGEST_NAME; i++)
        if (strchr(" \t\"'", text[i]) == NULL)
            ret[n++] = text[i];
    ret[n] = '\0';
}

/* Texts of several lines may hold what looks like a table. */
static void follow_quotes(struct scan *scan, const char *line, const char *end)
{
    static const char *const QUOTES[] = {"\"\"\"", "'''"};

    for (const char *p = line; p + 2 < end; p++) {
        if (scan->inside != NULL && strncmp(p, scan->inside, 3) == 0) {
            scan->inside = NULL;
            p += 2;
        } else if (scan->inside == NULL) {
            if (*p == '#')
                return;
            for (size_t i = 0; i < ARRAY_SIZE(QUOTES); i++)
                if (strncmp(p, QUOTES[i], 3) == 0)
                    scan->inside = QUOTES[i];
            p += scan->inside != NULL ? 2 : 0;
        }
    }
}

static enum line_kind scan_line(struct scan *scan, const char **ret_line)
{
    const char *line = scan->at, *end = next_line(line), *word = line + strspn(line, " \t");
    const char *stop;

    scan->at = end;
    *ret_line = line;
    if (scan->inside != NULL) {
        follow_quotes(scan, line, end);
        return LINE_OTHER;
    }
    if (strchr("\r\n#", *word) != NULL) /* the end of the text too */
        return LINE_BLANK;
    follow_quotes(scan, line, end);
    if (*word == '[') {
        word += strspn(word, "[");
        plain_name(word, strcspn(word, "]\n"), scan->table);
        return LINE_HEAD;
    }
    stop = memchr(word, '=', (size_t)(end - word));
    if (stop == NULL)
        return LINE_OTHER;
    plain_name(word, (size_t)(stop - word), scan->key);
    return LINE_KEY;
}

static bool in_ours(const char *table)
{
    size_t n = strlen(TABLE);

    return strncmp(table, TABLE, n) == 0 && (table[n] == '\0' || table[n] == '.');
}

/* Whether a key says something of the server that is no line of our table. */
static bool is_elsewhere(const struct scan *scan)
{
    char full[2 * LONGEST_NAME];

    snprintf(full, sizeof(full), "%s%s%s", scan->table, scan->table[0] != '\0' ? "." : "",
             scan->key);
    return !in_ours(scan->table) && (in_ours(full) || strcmp(full, "mcp_servers") == 0);
}

static void note_key(const struct scan *scan, const char *line, struct table *table)
{
    if (strcmp(scan->table, TABLE) != 0)
        return;
    if (strcmp(scan->key, "command") == 0)
        table->command = line;
    else if (strcmp(scan->key, "args") == 0)
        table->args = line;
}

/* Our table with those below it; false: the server is there in a way that we do not write. */
static bool find_table(const char *text, struct table *ret)
{
    struct scan scan = {.at = text};

    *ret = (struct table){0};
    while (*scan.at != '\0') {
        const char *line;
        enum line_kind kind = scan_line(&scan, &line);

        if (kind == LINE_KEY && is_elsewhere(&scan))
            return false;
        if (kind == LINE_KEY)
            note_key(&scan, line, ret);
        if (kind == LINE_HEAD && ret->begin == NULL && strcmp(scan.table, TABLE) == 0)
            ret->begin = line;
        if (kind != LINE_BLANK && in_ours(scan.table))
            ret->end = scan.at;
    }
    return ret->begin != NULL || ret->end == NULL;
}

static void put_command(struct buf *out, const char *program)
{
    buf_puts(out, "command = \"");
    for (; *program != '\0'; program++)
        buf_putf(out, *program == '"' || *program == '\\' ? "\\%c" : "%c", *program);
    buf_putc(out, '"');
}

/* Behind the others; where the last line has no end ours gets none, so that taking it out leaves what was there. */
static void append(const char *text, const char *program, struct buf *out)
{
    size_t len = strlen(text);
    bool ended = len == 0 || text[len - 1] == '\n';

    buf_puts(out, text);
    if (len > 0)
        buf_puts(out, ended ? "\n" : "\n\n");
    buf_puts(out, "[" TABLE "]\n");
    put_command(out, program);
    buf_puts(out, "\nargs = [\"serve-mcp\"]");
    buf_puts(out, ended ? "\n" : "");
}

/* What else is said of it stays. */
static void update(const char *text, const struct table *table, const char *program,
                   struct buf *out)
{
    const char *body = next_line(table->begin), *rest = body;

    buf_put(out, text, (size_t)(body - text));
    if (table->command != NULL) {
        const char *end = table->command + strcspn(table->command, "\r\n");

        buf_put(out, body, (size_t)(table->command - body));
        put_command(out, program);
        rest = end;
    } else {
        put_command(out, program);
        buf_putc(out, '\n');
    }
    if (table->args == NULL)
        buf_puts(out,
                 table->command != NULL ? "\nargs = [\"serve-mcp\"]" : "args = [\"serve-mcp\"]\n");
    buf_puts(out, rest);
}

static void take_out(const char *text, const struct table *table, struct buf *out)
{
    const char *begin = table->begin, *end = table->end;

    if (end[strspn(end, "\r\n")] == '\0') {
        bool ended = end[-1] == '\n';

        /* The blank line that stood before it. */
        while (begin > text && begin[-1] == '\n' &&
               (begin - 1 == text || begin[-2] == '\n' || !ended))
            begin--;
    } else {
        end += strspn(end, "\r\n");
    }
    buf_put(out, text, (size_t)(begin - text));
    buf_puts(out, end);
}

int agents_edit_toml(const char *old, const char *program, bool out_of_it, struct buf *out,
                     struct error *err)
{
    struct table table;

    if (!find_table(old, &table))
        return agents_unreadable("it has the server in a form that is not edited here", err);
    if (table.begin == NULL && out_of_it)
        buf_puts(out, old);
    else if (table.begin == NULL)
        append(old, program, out);
    else if (out_of_it)
        take_out(old, &table, out);
    else
        update(old, &table, program, out);
    return 0;
}
