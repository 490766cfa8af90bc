/* schema_columns.h - the columns of every table and view that SQL may rely on, in words. Data only; docs/store.md says more. */
#ifndef QUERY_SCHEMA_COLUMNS_H
#define QUERY_SCHEMA_COLUMNS_H

#include "query/question.h"

struct schema_table {
    const char *name, *meaning;
};

struct schema_column {
    const char *table, *name, *type, *meaning;
};

/* Both end with a NULL name. */
extern const struct schema_table schema_tables[];
extern const struct schema_column schema_columns[];

#endif
