/* edit.c - see edit.h. */
#include "base/base.h"

#include "settings/edit.h"

#include "base/limits.h"
#include "settings/nearest.h"
#include "settings/yaml.h"

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 127;
}

/* Control characters need the double quotes, which have escapes. */
static void put_double_quoted(struct buf *out, const char *value)
{
    buf_putc(out, '"');
    for (const char *p = value; *p != '\0'; p++) {
        if (is_control(*p))
            buf_putf(out, "\\x%02x", (unsigned char)*p);
        else
            buf_putf(out, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
    }
    buf_putc(out, '"');
}

void edit_put_value(struct buf *out, const struct settings_row *row, const char *value)
{
    if (row->type == SETTING_BOOL || row->type == SETTING_INT || row->type == SETTING_REAL) {
        buf_puts(out, value);
        return;
    }
    for (const char *p = value; *p != '\0'; p++)
        if (is_control(*p)) {
            put_double_quoted(out, value);
            return;
        }
    /* Also words: "off" is a boolean to other readers of YAML. */
    buf_putc(out, '\'');
    for (const char *p = value; *p != '\0'; p++)
        buf_puts(out, *p == '\'' ? "''" : (const char[]){*p, '\0'});
    buf_putc(out, '\'');
}

/* ---- changing bytes ----------------------------------------------------------------------- */

/* The entry of a setting, which may be there by the name that it had. */
static const struct yaml_entry *entry_of(const struct yaml_doc *doc, const struct settings_row *row)
{
    const struct yaml_entry *entry = yaml_find(doc, row->key);

    return entry == NULL && row->formerly != NULL ? yaml_find(doc, row->formerly) : entry;
}

static int cannot(const struct edit *e, const char *key)
{
    error_set(e->err, ERR_INVALID_SETTING, "cannot change %s in this file (%s)", key, e->where);
    return error_suggest(e->err, "it is written in an unusual way: change it in an editor");
}

/* Does the text's first line end as on Windows? */
static bool has_returns(const struct buf *text)
{
    const char *first = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;

    return first != NULL && first > text->data && first[-1] == '\r';
}

/* Puts `with` in the place of the bytes from start to end, its lines ending as those of the text do. */
static int replace(const struct edit *e, size_t start, size_t end, const struct buf *with)
{
    struct buf out = BUF_INIT(e->text->max);
    bool returns = has_returns(e->text);

    buf_put(&out, buf_text(e->text), start);
    for (size_t i = 0; i < with->len; i++) {
        if (returns && with->data[i] == '\n')
            buf_putc(&out, '\r');
        buf_putc(&out, with->data[i]);
    }
    buf_put(&out, buf_text(e->text) + end, e->text->len - end);
    if (out.failed || with->failed) {
        buf_release(&out);
        return error_set(e->err, ERR_INVALID_SETTING,
                         "the settings would be more than %zu bytes (%s)", e->text->max, e->where);
    }
    buf_release(e->text);
    *e->text = out;
    return 0;
}

static size_t line_start(const struct buf *text, size_t at)
{
    while (at > 0 && text->data[at - 1] != '\n')
        at--;
    return at;
}

/* Where the line ends: at its newline, or at the end of the text. */
static size_t line_end(const struct buf *text, size_t at)
{
    while (at < text->len && text->data[at] != '\n')
        at++;
    return at;
}

/* Behind the line's newline. */
static size_t line_after(const struct buf *text, size_t at)
{
    at = line_end(text, at);
    return at < text->len ? at + 1 : at;
}

/* Behind the line `# key:` that config.yaml has for a setting without a default; else at the end of all settings. */
static size_t place_for(const struct buf *text, const struct yaml_doc *doc, const char *key)
{
    char line[100];
    const char *found;

    snprintf(line, sizeof(line), "\n# %s:\n", key);
    found = text->len > 0 ? memmem(text->data, text->len, line, strlen(line)) : NULL;
    return found != NULL ? (size_t)(found - text->data) + strlen(line) : doc->end;
}

/* Puts a new setting where it belongs. */
static int insert(const struct edit *e, const struct yaml_doc *doc, const char *key,
                  const struct buf *lines)
{
    struct buf with = BUF_INIT(e->text->max);
    size_t at = place_for(e->text, doc, key);
    int ret;

    if (at > 0 && e->text->data[at - 1] != '\n')
        buf_putc(&with, '\n');
    buf_put(&with, buf_text(lines), lines->len);
    ret = replace(e, at, at, &with);
    buf_release(&with);
    return ret;
}

/* ---- one change, checked ------------------------------------------------------------------ */

enum change { SET_WORD, ADD_ITEM, REMOVE_ITEM, SET_EMPTY, UNSET };

struct wish {
    enum change change;
    const struct settings_row *row;
    const char *value;
};

/* In braces a list is in brackets, else it has a line for each item. */
static int put_new(const struct edit *e, const struct wish *w, const struct yaml_doc *doc)
{
    struct buf lines = BUF_INIT(e->text->max);
    bool item = w->change == ADD_ITEM;
    int ret;

    if (doc->flow && doc->count > 0)
        buf_puts(&lines, ", ");
    buf_putf(&lines, "%s:%s", w->row->key, !item ? " " : doc->flow ? " [" : "\n  - ");
    if (w->change == SET_EMPTY)
        buf_puts(&lines, "[]");
    else
        edit_put_value(&lines, w->row, w->value);
    buf_puts(&lines, !doc->flow ? "\n" : item ? "]" : "");
    ret = doc->flow ? replace(e, doc->end, doc->end, &lines) : insert(e, doc, w->row->key, &lines);
    buf_release(&lines);
    return ret;
}

/* The value of an entry becomes something else as a whole. The blanks between the colon and it belong to it. */
static int replace_value(const struct edit *e, const struct yaml_entry *entry, struct buf *with)
{
    size_t start = entry->start;

    while (start > entry->key.end && strchr(" \t", e->text->data[start - 1]) != NULL)
        start--;
    return replace(e, start, entry->end, with);
}

static int set_word(const struct edit *e, const struct wish *w, const struct yaml_entry *entry)
{
    struct buf with = BUF_INIT(e->text->max);
    int ret;

    buf_puts(&with, w->change == SET_EMPTY ? " []" : " ");
    if (w->change == SET_WORD)
        edit_put_value(&with, w->row, w->value);
    ret = replace_value(e, entry, &with);
    buf_release(&with);
    return ret;
}

/* The first item of a list in braces, which begins as [] or as a word. */
static int begin_list(const struct edit *e, const struct wish *w, const struct yaml_entry *entry)
{
    struct buf with = BUF_INIT(e->text->max);
    int ret;

    buf_puts(&with, " [");
    if (entry->kind == YAML_WORD) {
        edit_put_value(&with, w->row, entry->items[0].text);
        buf_puts(&with, ", ");
    }
    edit_put_value(&with, w->row, w->value);
    buf_putc(&with, ']');
    ret = replace_value(e, entry, &with);
    buf_release(&with);
    return ret;
}

static int add_item(const struct edit *e, const struct wish *w, const struct yaml_entry *entry)
{
    struct buf with = BUF_INIT(e->text->max);
    size_t at = entry->start;
    int ret;

    if (entry->kind == YAML_LIST && entry->count > 0) {
        at = entry->items[entry->count - 1].end;
        if (entry->flow) {
            buf_puts(&with, ", ");
        } else {
            size_t start = line_start(e->text, entry->start);

            at = line_end(e->text, at);
            at -= at > start && e->text->data[at - 1] == '\r';
            buf_putc(&with, '\n');
            buf_put(&with, e->text->data + start, entry->start - start);
            buf_puts(&with, "- ");
        }
        edit_put_value(&with, w->row, w->value);
        ret = replace(e, at, at, &with);
    } else {
        buf_puts(&with, "\n  - ");
        if (entry->kind == YAML_WORD) {
            edit_put_value(&with, w->row, entry->items[0].text);
            buf_puts(&with, "\n  - ");
        }
        edit_put_value(&with, w->row, w->value);
        ret = replace_value(e, entry, &with);
    }
    buf_release(&with);
    return ret;
}

static size_t index_of(const struct yaml_entry *entry, const char *value)
{
    size_t i = 0;

    while (i < entry->count && strcmp(entry->items[i].text, value) != 0)
        i++;
    return i;
}

/* The last item of a list leaves the empty list in its place. */
static int remove_last(const struct edit *e, const struct yaml_entry *entry)
{
    struct buf with = BUF_INIT(e->text->max);
    size_t column = entry->start - line_start(e->text, entry->start);
    int ret;

    buf_puts(&with, !entry->flow && entry->kind == YAML_LIST && column < entry->key.column ? "  []"
                                                                                           : "[]");
    ret = replace(e, entry->start, entry->end, &with);
    buf_release(&with);
    return ret;
}

static int remove_item(const struct edit *e, const struct wish *w, const struct yaml_entry *entry)
{
    struct buf nothing = BUF_INIT(0);
    size_t i = index_of(entry, w->value);
    size_t start, end;

    if (entry->count == 1)
        return remove_last(e, entry);
    start = entry->items[i].start;
    end = entry->items[i].end;
    if (!entry->flow)
        return replace(e, line_start(e->text, start), line_after(e->text, end), &nothing);
    if (i + 1 < entry->count)
        end = entry->items[i + 1].start;
    else
        start = entry->items[i - 1].end;
    return replace(e, start, end, &nothing);
}

static int apply(const struct edit *e, const struct wish *w, const struct yaml_doc *doc)
{
    const struct yaml_entry *entry = entry_of(doc, w->row);
    struct buf nothing = BUF_INIT(0);

    switch (w->change) {
    case SET_WORD:
    case SET_EMPTY:
        return entry != NULL ? set_word(e, w, entry) : put_new(e, w, doc);
    case ADD_ITEM:
        if (entry != NULL && doc->flow && (entry->kind != YAML_LIST || entry->count == 0))
            return begin_list(e, w, entry);
        return entry != NULL ? add_item(e, w, entry) : put_new(e, w, doc);
    case REMOVE_ITEM:
        return remove_item(e, w, entry);
    case UNSET:
        return replace(e, line_start(e->text, entry->key.start), line_after(e->text, entry->end),
                       &nothing);
    }
    return 0;
}

/* Is the entry what was wished for, and are the others as they were? */
static bool is_done(const struct wish *w, const struct yaml_doc *before,
                    const struct yaml_doc *after)
{
    const struct yaml_entry *old = entry_of(before, w->row);
    const struct yaml_entry *now = entry_of(after, w->row);
    size_t had = old != NULL ? old->count : 0, others = before->count - (old != NULL);

    if (after->count != others + (now != NULL) || (now != NULL) == (w->change == UNSET))
        return false;
    for (size_t i = 0; i < before->count; i++) {
        const struct yaml_entry *was = &before->entries[i], *is = yaml_find(after, was->key.text);

        if (was != old && (is == NULL || is->count != was->count || is->kind != was->kind))
            return false;
    }
    switch (w->change) {
    case SET_WORD:
        return now->kind == YAML_WORD && strcmp(now->items[0].text, w->value) == 0;
    case SET_EMPTY:
        return now->kind == YAML_LIST && now->count == 0;
    case ADD_ITEM:
        return now->kind == YAML_LIST && now->count == had + 1 &&
               strcmp(now->items[had].text, w->value) == 0;
    case REMOVE_ITEM:
        return now->kind == YAML_LIST && now->count == had - 1;
    case UNSET:
        return true;
    }
    return false;
}

static int make(const struct edit *e, const struct wish *w, const struct yaml_doc *before)
{
    struct buf kept = BUF_INIT(e->text->max);
    struct yaml_doc after;
    bool done;
    int ret;

    buf_put(&kept, buf_text(e->text), e->text->len);
    ret = kept.failed ? error_set(e->err, ERR_FAILED, "out of memory") : apply(e, w, before);
    if (ret == 0) {
        done = yaml_parse(buf_text(e->text), e->text->len, e->where, &after, NULL) == 0;
        if (done) {
            done = is_done(w, before, &after);
            yaml_release(&after);
        }
        ret = done ? 0 : cannot(e, w->row->key);
    }
    if (ret < 0) {
        buf_release(e->text);
        *e->text = kept;
    } else {
        buf_release(&kept);
    }
    return ret;
}

static int missing(const struct edit *e, const struct wish *w, const struct yaml_entry *entry)
{
    struct nearest near = nearest_begin(w->value);

    for (size_t i = 0; entry != NULL && i < entry->count; i++)
        nearest_offer(&near, entry->items[i].text);
    error_set(e->err, ERR_INVALID_SETTING, "'%.200s' is not in %s (%s)", w->value, w->row->key,
              e->where);
    if (near.best != NULL)
        return error_suggest(e->err, "did you mean '%s'?", near.best);
    return error_suggest(e->err, "'breadcrumb config show' says what is");
}

static int change(const struct edit *e, const struct wish *w)
{
    const struct yaml_entry *entry;
    struct yaml_doc doc;
    int ret = yaml_parse(buf_text(e->text), e->text->len, e->where, &doc, e->err);

    if (ret < 0)
        return ret;
    entry = entry_of(&doc, w->row);
    if (w->change == REMOVE_ITEM && (entry == NULL || index_of(entry, w->value) == entry->count))
        ret = missing(e, w, entry);
    else if ((w->change == ADD_ITEM && entry != NULL && index_of(entry, w->value) < entry->count) ||
             (w->change == UNSET && entry == NULL))
        ret = 0;
    else
        ret = make(e, w, &doc);
    yaml_release(&doc);
    return ret;
}

/* ---- the calls ---------------------------------------------------------------------------- */

int edit_add(const struct edit *e, const struct settings_row *row, const char *value)
{
    return change(e, &(struct wish){ADD_ITEM, row, value});
}

int edit_remove(const struct edit *e, const struct settings_row *row, const char *value)
{
    return change(e, &(struct wish){REMOVE_ITEM, row, value});
}

int edit_unset(const struct edit *e, const struct settings_row *row)
{
    return change(e, &(struct wish){UNSET, row, NULL});
}

static bool is_wanted(const char *const *values, size_t n, const char *value)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(values[i], value) == 0)
            return true;
    return false;
}

/* First what is new, then away with what is not wanted: so the lines between stay. */
static int drop_others(const struct edit *e, const struct settings_row *row,
                       const char *const *values, size_t n)
{
    const struct yaml_entry *entry;
    struct yaml_doc doc;
    int ret = yaml_parse(buf_text(e->text), e->text->len, e->where, &doc, e->err);

    if (ret < 0)
        return ret;
    entry = entry_of(&doc, row);
    for (size_t i = 0; ret == 0 && entry != NULL && i < entry->count; i++)
        if (!is_wanted(values, n, entry->items[i].text))
            ret = edit_remove(e, row, entry->items[i].text);
    yaml_release(&doc);
    return ret;
}

int edit_set(const struct edit *e, const struct settings_row *row, const char *const *values,
             size_t n)
{
    int ret = 0;

    if (!settings_is_list(row))
        return change(e, &(struct wish){SET_WORD, row, values[0]});
    if (n == 0)
        return change(e, &(struct wish){SET_EMPTY, row, NULL});
    for (size_t i = 0; ret == 0 && i < n; i++)
        ret = edit_add(e, row, values[i]);
    return ret == 0 ? drop_others(e, row, values, n) : ret;
}
