/* fit.c - see fit.h. */
#include "base/base.h"

#include "render/fit.h"

static size_t width_under(const struct fit *column, size_t cap)
{
    size_t width = column->natural < cap ? column->natural : cap;

    return width < column->least ? column->least : width;
}

static size_t sum_under(const struct fit *columns, size_t n, size_t cap)
{
    size_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += width_under(&columns[i], cap);
    return sum;
}

void fit_columns(struct fit *columns, size_t n, size_t room)
{
    size_t low = 0, high = room, left;

    /* The highest common cap under which all fit. */
    while (low < high) {
        size_t cap = low + (high - low + 1) / 2;

        if (sum_under(columns, n, cap) <= room)
            low = cap;
        else
            high = cap - 1;
    }
    left = sum_under(columns, n, low);
    left = left < room ? room - left : 0;
    for (size_t i = 0; i < n; i++) {
        columns[i].width = width_under(&columns[i], low);
        if (left > 0 && columns[i].width < columns[i].natural) {
            columns[i].width++;
            left--;
        }
    }
}
