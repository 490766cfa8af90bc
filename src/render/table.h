/* table.h - cells and rows as people read them, for the format `table`. */
#ifndef RENDER_TABLE_H
#define RENDER_TABLE_H

#include "base/buf.h"
#include "render/format.h"

/* A cell as one line of text, without control characters, cut to `max_width` columns (0: not cut; numbers never are).
 * Returns how many columns it takes. */
size_t table_cell(struct buf *out, const struct cell *cell, const struct column *column,
                  size_t max_width);
/* The rows of a part as a table that fits to->width, drawn by libsmartcols. */
int table_rows(const struct part *part, const struct target *to, struct error *err);

#endif
