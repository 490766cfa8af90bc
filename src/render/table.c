/* table.c - an answer for people: headings, labels with their values, tables that fit the terminal. */
#include "base/base.h"

#include "render/escape.h"
#include "render/plain.h"
#include "render/table.h"

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

static void put_title(const char *title, const struct target *to)
{
    if (title == NULL)
        return;
    fprintf(to->stream, to->colour ? BOLD "%s" PLAIN "\n" : "%s\n", title);
}

static void begin(const struct answer *answer, const struct target *to)
{
    if (answer->heading == NULL)
        return;
    put_title(answer->heading, to);
    for (size_t i = 0; i < strlen(answer->heading); i++)
        fputc('=', to->stream);
    fputc('\n', to->stream);
}

static int put_record(const struct part *part, const struct target *to)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);

    for (size_t i = 0; part->first != NULL && i < part->ncolumns; i++) {
        const struct column *column = &part->columns[i];
        const struct cell *cell = &part->first->cells[i];
        size_t label = strlen(column->title) + 4, room = 0;

        if (column->flags & COLUMN_NOT_IN_TABLE || cell->kind == CELL_NULL)
            continue;
        if (to->width > 0)
            room = (size_t)to->width > label + 20 ? (size_t)to->width - label : 20;
        buf_clear(&text);
        table_cell(&text, cell, column, room);
        fprintf(to->stream, "  %s: %s\n", column->title, buf_text(&text));
    }
    buf_release(&text);
    return 0;
}

static int put_lines(const struct part *part, const struct target *to)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);

    for (const struct row *r = part->first; r != NULL; r = r->next) {
        int indent = 2 + 2 * (r->depth < 40 ? r->depth : 40);
        size_t room = 0;

        if (r->line == NULL)
            continue;
        if (to->width > 0 && !(part->flags & PART_PROSE))
            room = to->width > indent + 20 ? (size_t)(to->width - indent) : 20;
        buf_clear(&text);
        escape_line(&text, r->line, strlen(r->line), room);
        fprintf(to->stream, "%*s%s\n", indent, "", buf_text(&text));
    }
    buf_release(&text);
    return 0;
}

static bool is_shown(const struct part *part)
{
    return part->first != NULL && !(part->flags & PART_NOT_IN_TEXT);
}

/* Whether something stands before a part; NULL: before what follows all parts. */
static bool is_something_before(const struct answer *answer, const struct part *part)
{
    bool something = answer->heading != NULL;

    for (const struct part *p = answer->first; p != part; p = p->next)
        something = something || is_shown(p);
    return something;
}

static int part(const struct answer *answer, const struct part *part, const struct target *to,
                struct error *err)
{
    int ret = 0;

    if (!is_shown(part))
        return 0;
    if (is_something_before(answer, part))
        fputc('\n', to->stream);
    put_title(part->title, to);
    switch (part->kind) {
    case PART_RECORD:
    case PART_FIELDS:
        ret = put_record(part, to);
        break;
    case PART_LINES:
        ret = put_lines(part, to);
        break;
    case PART_ROWS:
        ret = table_rows(part, to, err);
        break;
    }
    return ret;
}

static void end(const struct answer *answer, const struct target *to)
{
    bool something = is_something_before(answer, NULL);

    if (answer->why != NULL)
        fprintf(to->stream, "%s%s\n", something ? "\n" : "", answer->why);
    something = something || answer->why != NULL;
    if (answer->omitted != NULL && something)
        fputc('\n', to->stream);
    plain_omitted(answer, "", to);
    if (answer->steps != NULL && (something || answer->omitted != NULL))
        fputc('\n', to->stream);
    plain_next(answer, to);
}

const struct format format_table = {
    .name = "table",
    .summary = "tables and text, for people",
    .form = ANSWER_CELLS,
    .begin = begin,
    .part = part,
    .end = end,
    .error = plain_error,
};
