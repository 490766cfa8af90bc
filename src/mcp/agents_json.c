/*
 * agents_json.c - our server in a configuration in JSON, with comments and commas at the end where the client allows them (JSONC).
 * What is not ours is never written anew.
 */
#include "base/base.h"

#include "mcp/agents_edit.h"
#include "mcp/jsonc.h"
#include "mcp/message.h"

/* ---- putting in ----------------------------------------------------------------------------------- */

/* A value in lines of its own, those behind the first set in like the text around it. */
static void put_value(const struct jsonc *doc, const json_t *value, const char *indent,
                      struct buf *out)
{
    char *text = json_dumps(value, JSON_INDENT(1) | JSON_ENCODE_ANY);
    bool begins = false;

    for (const char *c = text != NULL ? text : ""; *c != '\0'; c++) {
        if (*c == '\n') {
            buf_puts(out, doc->newline);
            buf_puts(out, indent);
            begins = true;
        } else if (begins && *c == ' ') {
            buf_puts(out, doc->unit);
        } else {
            begins = false;
            buf_putc(out, *c);
        }
    }
    out->failed = out->failed || text == NULL;
    free(text);
}

static void put_in_line(const json_t *value, struct buf *out)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);

    buf_puts(out, text != NULL ? text : "");
    out->failed = out->failed || text == NULL;
    free(text);
}

/* As the last member. One that had a comma at its end gets one too, so that taking it out leaves what was there. */
static void insert(const struct jsonc *doc, const struct jsonc_place *place, const char *name,
                   const json_t *value, struct buf *out)
{
    const char *text = doc->text;
    size_t after = place->last.end, end = jsonc_content_end(doc, place->close);
    bool any = after > 0, empty = end == place->open + 1;
    bool comma = any && doc->no_comments[jsonc_next(doc->no_comments, after)] == ',';
    bool in_line = any && memchr(text + place->open, '\n', place->close - place->open) == NULL;
    struct buf indent = BUF_INIT(LIMIT_PATH_BYTES);

    jsonc_put_indent(doc, any ? place->last.key : place->open, &indent);
    /* Where the sibling stands behind the bracket its line is the object's. */
    if (!any ||
        (!in_line && memchr(text + place->open, '\n', place->last.key - place->open) == NULL))
        buf_puts(&indent, doc->unit);
    buf_put(out, text, any ? after : end);
    if (any) {
        buf_puts(out, comma ? "" : ",");
        buf_put(out, text + after, end - after);
    }
    if (in_line) {
        buf_putc(out, ' ');
    } else {
        buf_puts(out, doc->newline);
        buf_puts(out, buf_text(&indent));
    }
    buf_putf(out, "\"%s\": ", name);
    if (in_line)
        put_in_line(value, out);
    else
        put_value(doc, value, buf_text(&indent), out);
    buf_puts(out, comma ? "," : "");
    if (empty) {
        buf_puts(out, doc->newline);
        jsonc_put_indent(doc, place->open, out);
    }
    buf_puts(out, text + (empty ? place->close : end));
    buf_release(&indent);
}

static void replace(const struct jsonc *doc, const struct jsonc_member *m, const json_t *value,
                    struct buf *out)
{
    struct buf indent = BUF_INIT(LIMIT_PATH_BYTES);

    jsonc_put_indent(doc, m->key, &indent);
    buf_put(out, doc->text, m->value);
    if (memchr(doc->text + m->value, '\n', m->end - m->value) == NULL)
        put_in_line(value, out);
    else
        put_value(doc, value, buf_text(&indent), out);
    buf_puts(out, doc->text + m->end);
    buf_release(&indent);
}

/* ---- taking out ----------------------------------------------------------------------------------- */

static void take_out(const struct jsonc *doc, const struct jsonc_place *place, struct buf *out)
{
    const char *text = doc->text, *bare = doc->no_comments;
    const struct jsonc_member *m = &place->found;
    size_t begin = jsonc_content_end(doc, m->key), end = m->end, comma;

    if (place->alone && begin == place->open + 1 && jsonc_next(text, end) == place->close) {
        buf_put(out, text, place->open + 1);
        buf_puts(out, text + place->close);
        return;
    }
    comma = jsonc_next(bare, end);
    if (bare[comma] == ',')
        end = comma + 1;
    /* What follows on our line must not come behind a comment that ends with its line. */
    if (jsonc_in_line_comment(doc, begin) &&
        strchr("\r\n", text[end + strspn(text + end, " \t")]) == NULL)
        begin = m->key;
    comma = place->before.end > 0 && end == m->end ? jsonc_next(bare, place->before.end) : begin;
    if (comma < begin) {
        buf_put(out, text, comma);
        comma++;
    } else {
        comma = 0;
    }
    buf_put(out, text + comma, begin - comma);
    buf_puts(out, text + end);
}

/* ---- the edit ------------------------------------------------------------------------------------- */

/* What we say of the server; what else is said of it (its environment, options of ours) stays. */
static json_t *server_object(const struct agent *agent, const json_t *old, const char *program)
{
    json_t *server = json_is_object(old) ? json_copy((json_t *)old) : json_object();
    const char *first = json_string_value(json_array_get(json_object_get(server, "args"), 0));

    if (agent->has_type)
        json_object_set_new(server, "type", json_string("stdio"));
    json_object_set_new(server, "command", json_string(program));
    if (first == NULL || strcmp(first, "serve-mcp") != 0)
        json_object_set_new(server, "args", json_pack("[s]", "serve-mcp"));
    return server;
}

static void put_in(const struct jsonc *doc, const struct agent *agent, const json_t *root,
                   const char *program, struct buf *out)
{
    size_t open = jsonc_next(doc->plain, 0);
    const json_t *old = json_object_get(json_object_get(root, agent->key), AGENTS_SERVER);
    struct jsonc_place servers = jsonc_find(doc, open, agent->key), ours = {0};
    json_t *server = server_object(agent, old, program);

    if (servers.found.end > 0)
        ours = jsonc_find(doc, servers.found.value, AGENTS_SERVER);
    if (old != NULL && json_equal(old, server))
        buf_puts(out, doc->text);
    else if (ours.found.end > 0)
        replace(doc, &ours.found, server, out);
    else if (servers.found.end > 0)
        insert(doc, &ours, AGENTS_SERVER, server, out);
    else {
        json_t *all = json_pack("{s:O}", AGENTS_SERVER, server);

        insert(doc, &servers, agent->key, all, out);
        json_decref(all);
    }
    json_decref(server);
}

/* The object of servers goes too when nothing is left in it, and the text when that was all of it. */
static int remove_ours(const struct jsonc *doc, const struct agent *agent, struct buf *out)
{
    size_t open = jsonc_next(doc->plain, 0);
    struct jsonc_place servers = jsonc_find(doc, open, agent->key), ours = {0};
    struct buf rest = BUF_INIT(2 * LIMIT_ANSWER_BYTES);
    struct jsonc after = {0};
    int ret = 0;

    if (servers.found.end > 0)
        ours = jsonc_find(doc, servers.found.value, AGENTS_SERVER);
    if (ours.found.end == 0) {
        buf_puts(out, doc->text);
        return 0;
    }
    take_out(doc, &ours, &rest);
    if (!jsonc_read(&after, buf_text(&rest))) {
        ret = -1;
        goto out;
    }
    servers = jsonc_find(&after, open, agent->key);
    if (servers.found.end - servers.found.value == 2)
        take_out(&after, &servers, out);
    else
        buf_puts(out, after.text);
    if (out->len <= 4 && strncmp(buf_text(out), "{}", 2) == 0)
        buf_clear(out);
out:
    jsonc_release(&after);
    buf_release(&rest);
    return ret;
}

int agents_edit_json(const struct agent *agent, const char *old, const char *program,
                     bool out_of_it, struct buf *out, struct error *err)
{
    bool blank = strspn(old, JSONC_BLANKS) == strlen(old);
    json_t *root = NULL, *servers;
    struct jsonc doc;
    int ret = 0;

    if (blank && out_of_it) {
        buf_puts(out, old);
        return 0;
    }
    if (!jsonc_read(&doc, blank ? "{}\n" : old)) {
        ret = error_set(err, ERR_FAILED, "memory is out");
        goto out;
    }
    root = json_loads(doc.plain, JSON_REJECT_DUPLICATES, NULL);
    servers = json_object_get(root, agent->key);
    if (!json_is_object(root))
        ret = agents_unreadable("it is not a JSON object", err);
    else if (servers != NULL && !json_is_object(servers))
        ret = agents_unreadable("its servers are not an object", err);
    else if (out_of_it)
        ret = remove_ours(&doc, agent, out);
    else
        put_in(&doc, agent, root, program, out);
out:
    json_decref(root);
    jsonc_release(&doc);
    return ret;
}
