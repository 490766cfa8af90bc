/* columns.c - see table.h: a part's rows through libsmartcols, which knows how wide a character is and which column has to
 * give way. */
#include "base/base.h"

#include "render/escape.h"
#include "render/table.h"

#include <libsmartcols/libsmartcols.h>

#define WIDEST_CELL 2000 /* columns of a cell that nobody limits: a pipe */
#define NARROW 100       /* below so many columns, one blank between them has to do */
#define VERY_NARROW 80
#define WIDE_HINT 0.4 /* the share of the width that a wide column may shrink to */

/* Four digits that say something, about: a call may take 200 ns. */
static void put_ms(struct buf *out, double ms)
{
    int digits = ms == 0 ? 3 : ms < 0.01 ? 6 : ms < 10 ? 3 : ms < 1000 ? 2 : 1;

    buf_putf(out, "%.*f ms", digits, ms);
}

static void put_size(struct buf *out, int64_t bytes)
{
    static const char *const UNITS[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double n = (double)bytes;
    size_t unit = 0;

    while (n >= 1024 && unit + 1 < ARRAY_SIZE(UNITS)) {
        n /= 1024;
        unit++;
    }
    buf_putf(out, unit == 0 ? "%.0f %s" : "%.1f %s", n, UNITS[unit]);
}

void table_cell(struct buf *out, const struct cell *cell, const struct column *column,
                size_t max_width)
{
    char text[ESCAPE_TIME_BYTES];

    switch (cell->kind) {
    case CELL_NULL:
        buf_puts(out, column->flags & COLUMN_OF_QUERY ? "NULL" : "-");
        return;
    case CELL_BOOL:
        buf_puts(out, cell->integer ? "yes" : "no");
        return;
    case CELL_INT:
        if (column->type == COLUMN_BYTES)
            put_size(out, cell->integer);
        else
            buf_putf(out, "%lld", (long long)cell->integer);
        return;
    case CELL_DOUBLE:
        if (column->type == COLUMN_MS)
            put_ms(out, cell->real);
        else
            buf_putf(out, "%.6g", cell->real);
        return;
    case CELL_TIME:
        escape_time(text, cell->integer, ' ', column->flags & COLUMN_SECONDS ? 0 : 3);
        buf_puts(out, text);
        return;
    case CELL_TEXT:
    case CELL_JSON:
        escape_line(out, cell->text, cell->len, max_width);
        return;
    }
}

static bool is_number(enum column_type type)
{
    return type == COLUMN_INT || type == COLUMN_DOUBLE || type == COLUMN_MS || type == COLUMN_BYTES;
}

/* Which columns may be cut: long ones, and where the terminal is too narrow for anything else, all. */
static int column_flags(const struct column *column, const struct target *to)
{
    int flags = is_number(column->type) ? SCOLS_FL_RIGHT : 0;

    if (column->type == COLUMN_ID || column->flags & (COLUMN_WIDE | COLUMN_OF_QUERY) ||
        (to->width > 0 && to->width < VERY_NARROW))
        flags |= SCOLS_FL_TRUNC;
    return flags;
}

static int add_columns(struct libscols_table *table, const struct part *part,
                       const struct target *to, struct buf *space)
{
    for (size_t i = 0; i < part->ncolumns; i++) {
        const struct column *column = &part->columns[i];
        double hint = column->flags & COLUMN_WIDE ? WIDE_HINT : 0;

        if (column->flags & COLUMN_NOT_IN_TABLE)
            continue;
        /* The names of a query's columns are the user's: anything can be in them. */
        buf_clear(space);
        escape_line(space, column->title, strlen(column->title), WIDEST_CELL);
        if (space->failed ||
            scols_table_new_column(table, buf_text(space), hint, column_flags(column, to)) == NULL)
            return ERR_FAILED;
    }
    return 0;
}

static const char *colour_of(const struct cell *cell)
{
    if (cell->kind != CELL_TEXT)
        return NULL;
    if (strcmp(cell->text, "failed") == 0)
        return "red";
    if (strcmp(cell->text, "running") == 0)
        return "yellow";
    return strcmp(cell->text, "completed") == 0 ? "green" : NULL;
}

static int add_line(struct libscols_table *table, const struct part *part, const struct row *row,
                    struct buf *space)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    size_t at = 0;

    if (line == NULL)
        return ERR_FAILED;
    for (size_t i = 0; i < part->ncolumns; i++) {
        const struct column *column = &part->columns[i];

        if (column->flags & COLUMN_NOT_IN_TABLE)
            continue;
        buf_clear(space);
        table_cell(space, &row->cells[i], column, WIDEST_CELL);
        if (space->failed || scols_line_set_data(line, at, buf_text(space)) < 0)
            return ERR_FAILED;
        if (column->type == COLUMN_STATUS && colour_of(&row->cells[i]) != NULL)
            scols_cell_set_color(scols_line_get_cell(line, at), colour_of(&row->cells[i]));
        at++;
    }
    return 0;
}

static void set_width(struct libscols_table *table, const struct target *to)
{
    scols_table_enable_colors(table, to->colour);
    /* What we give it is escaped already; its own escapes would take our ellipsis for a control character. */
    scols_table_enable_noencoding(table, 1);
    scols_table_set_column_separator(table, to->width > 0 && to->width < NARROW ? " " : "  ");
    scols_table_set_termforce(table,
                              to->width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    if (to->width > 0)
        scols_table_set_termwidth(table, (size_t)to->width);
}

int table_rows(const struct part *part, const struct target *to, struct error *err)
{
    struct buf space = BUF_INIT(LIMIT_ANSWER_BYTES);
    struct libscols_table *table = NULL;
    char *text = NULL;
    int ret = ERR_FAILED;

    table = scols_new_table();
    if (table == NULL || add_columns(table, part, to, &space) < 0)
        goto out;
    set_width(table, to);
    for (const struct row *r = part->first; r != NULL; r = r->next)
        if (add_line(table, part, r, &space) < 0)
            goto out;
    if (scols_print_table_to_string(table, &text) < 0)
        goto out;
    if (part->first != NULL) {
        fputs(text != NULL ? text : "", to->stream);
        fputc('\n', to->stream);
    }
    ret = 0;
out:
    if (ret < 0)
        error_set(err, ERR_FAILED, "cannot draw the table: out of memory");
    free(text);
    scols_unref_table(table);
    buf_release(&space);
    return ret;
}
