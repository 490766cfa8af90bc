/*
 * columns.c - see table.h: a part's rows through libsmartcols, which knows how wide a character is. Which column has to give way on
 * a narrow terminal is decided here: libsmartcols 2.39 tries for ever where many have to, and cuts numbers.
 */
#include "base/base.h"

#include "render/escape.h"
#include "render/fit.h"
#include "render/table.h"

#include <libsmartcols/libsmartcols.h>

#define WIDEST_CELL 2000 /* columns of a cell that nobody limits: a pipe */
#define NARROW 100       /* below so many columns, one blank between them has to do */
#define VERY_NARROW 80

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

size_t table_cell(struct buf *out, const struct cell *cell, const struct column *column,
                  size_t max_width)
{
    char text[ESCAPE_TIME_BYTES];
    size_t before = out->len;

    switch (cell->kind) {
    case CELL_NULL:
        buf_puts(out, column->flags & COLUMN_OF_QUERY ? "NULL" : "-");
        break;
    case CELL_BOOL:
        buf_puts(out, cell->integer ? "yes" : "no");
        break;
    case CELL_INT:
        if (column->type == COLUMN_BYTES)
            put_size(out, cell->integer);
        else
            buf_putf(out, "%lld", (long long)cell->integer);
        break;
    case CELL_DOUBLE:
        if (column->type == COLUMN_MS)
            put_ms(out, cell->real);
        else
            buf_putf(out, "%.6g", cell->real);
        break;
    case CELL_TIME:
        escape_time(text, cell->integer, ' ', column->flags & COLUMN_SECONDS ? 0 : 3);
        return escape_line(out, text, strlen(text), max_width);
    case CELL_TEXT:
    case CELL_JSON:
        return escape_line(out, cell->text, cell->len, max_width);
    }
    return out->len - before;
}

static bool is_number(enum column_type type)
{
    return type == COLUMN_INT || type == COLUMN_DOUBLE || type == COLUMN_MS || type == COLUMN_BYTES;
}

/* Which columns may be cut: long ones, and where the terminal is too narrow for anything else, all but numbers. */
static bool may_be_cut(const struct column *column, const struct target *to)
{
    if (is_number(column->type))
        return false;
    return column->type == COLUMN_ID || column->flags & (COLUMN_WIDE | COLUMN_OF_QUERY) ||
           to->width < VERY_NARROW;
}

static const char *separator_of(const struct target *to)
{
    return to->width > 0 && to->width < NARROW ? " " : "  ";
}

/* Owned; the widths of the columns that are shown, in their order. NULL when memory is out. */
static struct fit *fit_part(const struct part *part, const struct target *to, struct buf *space)
{
    struct fit *fits = calloc(part->ncolumns + 1, sizeof(*fits));
    size_t n = 0, blanks;

    for (size_t i = 0; fits != NULL && i < part->ncolumns; i++) {
        const struct column *column = &part->columns[i];
        struct fit *fit = &fits[n];

        if (column->flags & COLUMN_NOT_IN_TABLE)
            continue;
        buf_clear(space);
        fit->least = escape_line(space, column->title, strlen(column->title), WIDEST_CELL);
        fit->least += fit->least == 0; /* no width is no limit */
        fit->natural = fit->least;
        for (const struct row *r = part->first; r != NULL; r = r->next) {
            size_t width;

            buf_clear(space);
            width = table_cell(space, &r->cells[i], column, WIDEST_CELL);
            fit->natural = width > fit->natural ? width : fit->natural;
        }
        if (to->width <= 0 || !may_be_cut(column, to))
            fit->least = fit->natural;
        fit->width = fit->natural;
        n++;
    }
    blanks = n > 0 ? (n - 1) * strlen(separator_of(to)) : 0;
    if (fits != NULL && to->width > 0)
        fit_columns(fits, n, (size_t)to->width > blanks ? (size_t)to->width - blanks : 0);
    return fits;
}

static int add_columns(struct libscols_table *table, const struct part *part, struct buf *space)
{
    for (size_t i = 0; i < part->ncolumns; i++) {
        const struct column *column = &part->columns[i];

        if (column->flags & COLUMN_NOT_IN_TABLE)
            continue;
        /* The names of a query's columns are the user's: anything can be in them. */
        buf_clear(space);
        escape_line(space, column->title, strlen(column->title), WIDEST_CELL);
        if (space->failed ||
            scols_table_new_column(table, buf_text(space), 0,
                                   is_number(column->type) ? SCOLS_FL_RIGHT : 0) == NULL)
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
                    const struct fit *fits, struct buf *space)
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
        table_cell(space, &row->cells[i], column, fits[at].width);
        if (space->failed || scols_line_set_data(line, at, buf_text(space)) < 0)
            return ERR_FAILED;
        if (column->type == COLUMN_STATUS && colour_of(&row->cells[i]) != NULL)
            scols_cell_set_color(scols_line_get_cell(line, at), colour_of(&row->cells[i]));
        at++;
    }
    return 0;
}

static void set_looks(struct libscols_table *table, const struct target *to)
{
    scols_table_enable_colors(table, to->colour);
    /* What we give it is escaped already; its own escapes would take our ellipsis for a control character. */
    scols_table_enable_noencoding(table, 1);
    scols_table_set_column_separator(table, separator_of(to));
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
}

int table_rows(const struct part *part, const struct target *to, struct error *err)
{
    struct buf space = BUF_INIT(LIMIT_ANSWER_BYTES);
    struct libscols_table *table = NULL;
    struct fit *fits;
    char *text = NULL;
    int ret = ERR_FAILED;

    table = scols_new_table();
    fits = fit_part(part, to, &space);
    if (table == NULL || fits == NULL || add_columns(table, part, &space) < 0)
        goto out;
    set_looks(table, to);
    for (const struct row *r = part->first; r != NULL; r = r->next)
        if (add_line(table, part, r, fits, &space) < 0)
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
    free(fits);
    scols_unref_table(table);
    buf_release(&space);
    return ret;
}
