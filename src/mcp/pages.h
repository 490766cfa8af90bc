/*
 * pages.h - pages of the documentation that the server carries along: they are put into it when it is built (cmake/pages.cmake).
 */
#ifndef MCP_PAGES_H
#define MCP_PAGES_H

#include "base/base.h"

struct page {
    const char *uri, *name, *title, *description;
    const char *text; /* Markdown */
    size_t len;
};

extern const struct page pages[];
extern const size_t pages_n;

#endif
