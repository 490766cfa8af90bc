/* pages.c - see pages.h. */
#include "base/base.h"

#include "mcp/pages.h"
#include "pages_text.h"

const struct page pages[] = {
    {"breadcrumb://schema", "schema", "The database's schema",
     "All tables and views that SQL may name, with their columns, types and units",
     (const char *)page_store, sizeof(page_store)},
    {"breadcrumb://cookbook", "cookbook", "Query cookbook",
     "SQL for what is often asked: slow calls, odd results, what led to an exception",
     (const char *)page_cookbook, sizeof(page_cookbook)},
};
const size_t pages_n = ARRAY_SIZE(pages);
