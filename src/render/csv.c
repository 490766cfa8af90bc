/* csv.c - the rows alone, as RFC 4180 has it but with a plain newline: NULL is an empty field, empty text is "". */
#include "base/base.h"

#include "render/escape.h"
#include "render/format.h"
#include "render/plain.h"

static void put_field(const struct target *to, const char *text, size_t len)
{
    bool plain = len > 0;

    for (size_t i = 0; i < len && plain; i++)
        plain = memchr(",\"\r\n", text[i], 4) == NULL;
    if (plain) {
        fwrite(text, 1, len, to->stream);
        return;
    }
    fputc('"', to->stream);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            fputc('"', to->stream);
        fputc(text[i], to->stream);
    }
    fputc('"', to->stream);
}

static void put_cell(const struct target *to, const struct cell *cell, enum column_type type,
                     struct buf *space)
{
    if (cell->kind == CELL_NULL)
        return;
    if (cell->kind == CELL_TEXT || cell->kind == CELL_JSON) {
        put_field(to, cell->text, cell->len);
        return;
    }
    buf_clear(space);
    escape_cell(space, cell, type);
    if (buf_text(space)[0] == '"') /* a time, a NaN: without the quotes of JSON */
        fwrite(buf_text(space) + 1, 1, space->len - 2, to->stream);
    else
        fwrite(buf_text(space), 1, space->len, to->stream);
}

static void begin(const struct answer *answer, const struct target *to)
{
    (void)answer;
    (void)to;
}

static int part(const struct answer *answer, const struct part *part, const struct target *to,
                struct error *err)
{
    struct buf space = BUF_INIT(1024);

    (void)answer;
    (void)err;
    for (size_t i = 0; i < part->ncolumns; i++) {
        if (i > 0)
            fputc(',', to->stream);
        put_field(to, part->columns[i].name, strlen(part->columns[i].name));
    }
    fputc('\n', to->stream);
    for (const struct row *r = part->first; r != NULL; r = r->next) {
        for (size_t i = 0; i < part->ncolumns; i++) {
            if (i > 0)
                fputc(',', to->stream);
            put_cell(to, &r->cells[i], part->columns[i].type, &space);
        }
        fputc('\n', to->stream);
    }
    buf_release(&space);
    return 0;
}

const struct format format_csv = {
    .name = "csv",
    .summary = "comma-separated values with a header, rows only",
    .form = ANSWER_CELLS,
    .rows_only = true,
    .begin = begin,
    .part = part,
    .end = begin,
    .error = plain_error,
};
