/*
 * schema.c - the question `schema`: the tables and views that SQL may name, with every column, its type, meaning and unit. It needs
 * no store; a test holds it to the database that this program makes.
 */
#include "base/base.h"

#include "query/schema_columns.h"

static const struct argument ARGS[] = {
    {.name = "table",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_POSITIONAL,
     .example = "calls",
     .help = "only this table or view"},
};

static const struct column COLUMNS[] = {
    {"table", "Table", COLUMN_TEXT, 0, "of a table or view"},
    {"column", "Column", COLUMN_TEXT, 0, "its name"},
    {"type", "Type", COLUMN_TEXT, 0, "in DuckDB's SQL"},
    {"meaning", "Meaning", COLUMN_TEXT, COLUMN_WIDE, "with its unit"},
};
static const struct column TABLES[] = {
    {"table", "Table", COLUMN_TEXT, 0, "its name"},
    {"meaning", "Rows", COLUMN_TEXT, COLUMN_WIDE, "what a row is"},
};

static const struct question_part TABLES_PART = {"tables", "the tables and views", PART_ROWS, 0,
                                                 TABLES,   ARRAY_SIZE(TABLES)};
static const struct question_part PART = {"columns", "their columns", PART_ROWS,
                                          PART_MAIN, COLUMNS,         ARRAY_SIZE(COLUMNS)};

static int unknown_table(const char *name, struct error *err)
{
    char all[400] = "";
    size_t used = 0;

    for (size_t i = 0; schema_tables[i].name != NULL && used < sizeof(all); i++)
        used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i > 0 ? ", " : "",
                                 schema_tables[i].name);
    error_set(err, ERR_USAGE, "there is no table '%.100s'", name);
    return error_suggest(err, "the tables are: %s", all);
}

static int ask_schema(const struct asking *ask, struct answer *answer, struct error *err)
{
    const char *only = arguments_text(ask->args, "table");
    struct part *tables = answer_part(answer, PART_ROWS, "tables", TABLES, ARRAY_SIZE(TABLES));
    struct part *part = answer_rows(answer, "columns", COLUMNS, ARRAY_SIZE(COLUMNS));
    struct cell *c;

    for (size_t i = 0; schema_tables[i].name != NULL; i++) {
        if (only != NULL && strcmp(schema_tables[i].name, only) != 0)
            continue;
        c = part_add(answer, tables);
        if (c == NULL)
            return error_set(err, ERR_FAILED, "out of memory");
        c[0] = cell_text(answer, schema_tables[i].name);
        c[1] = cell_text(answer, schema_tables[i].meaning);
    }
    if (tables == NULL || tables->nrows == 0)
        return unknown_table(only, err);
    for (size_t i = 0; schema_columns[i].table != NULL; i++) {
        const struct schema_column *s = &schema_columns[i];

        c = only == NULL || strcmp(s->table, only) == 0 ? part_add(answer, part) : NULL;
        if (c == NULL)
            continue;
        c[0] = cell_text(answer, s->table);
        c[1] = cell_text(answer, s->name);
        c[2] = cell_text(answer, s->type);
        c[3] = cell_text(answer, s->meaning);
    }
    answer->total = (int64_t)part->nrows;
    answer_suggest(answer, "a first look", "query", "sql",
                   answer_printf(answer, "SELECT * FROM %s LIMIT 5", only != NULL ? only : "calls"),
                   NULL);
    return 0;
}

static const struct question_part *const PARTS[] = {&TABLES_PART, &PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb schema --format table",
    "every table and column that SQL may name",
    "breadcrumb schema calls",
    "one of them",
    NULL,
};

const struct question question_schema = {
    .name = "schema",
    .summary = "explain the tables and columns that SQL may name",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_WITHOUT_STORE,
    .ask = ask_schema,
};
