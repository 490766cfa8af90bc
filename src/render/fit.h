/* fit.h - how wide the columns of a table are when all of it has to fit a terminal. */
#ifndef RENDER_FIT_H
#define RENDER_FIT_H

#include "base/base.h"

/* One column, in columns of the terminal. */
struct fit {
    size_t natural; /* its title and its widest cell */
    size_t least;   /* it gets no narrower than this */
    size_t width;   /* what it gets */
};

/* Gives each column its width: natural where all fit into `room`, which counts no separators. Else the widest give way first, down
 * to one common width, but none below its least: what then still does not fit is wider than the room. */
void fit_columns(struct fit *columns, size_t n, size_t room);

#endif
