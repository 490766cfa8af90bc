/*
 * scope.h - which traces a question is about, as SQL: what --trace, --run and --since of its arguments say. For questions only.
 *
 *     struct scope scope;
 *     if ((ret = scope_read(ask, SCOPE_LATEST_RUN, &scope, err)) < 0) return ret;
 *     sql = answer_printf(answer, "SELECT ... FROM stat_rows s WHERE s.trace_id IN %s", scope.traces);
 *
 * The conditions are literals and not parameters, because DuckDB skips what cannot match only for what it knows when it
 * plans. They hold nothing but UUIDs and numbers that we printed.
 */
#ifndef QUERY_SCOPE_H
#define QUERY_SCOPE_H

#include "base/uuid.h"
#include "query/question.h"

enum scope_default {
    SCOPE_ALL,        /* every trace */
    SCOPE_LATEST_RUN, /* all processes of the run that began last */
};

#define SCOPE_LITERALS 32 /* so many traces are written out */
#define SCOPE_TRACES_BYTES (SCOPE_LITERALS * 48 + 100)

struct scope {
    /* "('0199...'::UUID, ...)", which DuckDB looks up in its zone maps; of more traces "(SELECT id FROM traces WHERE ...)" */
    char traces[SCOPE_TRACES_BYTES];
    char trace_id[UUID_TEXT]; /* --trace, in full; else "" */
    char run_id[UUID_TEXT];   /* the one run that it is about; else "" */
    bool everything;          /* no condition at all */
    bool has_since;
    int64_t since_us;  /* --since, in microseconds since 1970 */
    const char *since; /* as it was written; NULL: not given and no default */
};

/* Reads the arguments `trace`, `run` and `since` where the question has them. ERR_TRACE_NOT_FOUND, ERR_USAGE,
 * ERR_EMPTY_DATABASE. `since` alone does not narrow `traces`: it is about events (scope.since_us). */
int scope_read(const struct asking *ask, enum scope_default otherwise, struct scope *ret,
               struct error *err);
/* The traces that fit a condition, in parentheses, to stand behind IN: written out if they are few, which lets DuckDB pass over all
 * others' rows; else as a query. */
int scope_list(const struct asking *ask, const char *where, char ret[SCOPE_TRACES_BYTES],
               struct error *err);
/* The trace of the scope with the most calls: what a question about one process takes by default. */
int scope_busiest(const struct asking *ask, const struct scope *scope, char ret_id[UUID_TEXT],
                  struct error *err);
/* The arguments of a next step that keep the scope: answer_suggest(..., scope_name(&s), scope_value(&s), NULL); where the
 * scope is the default, the name is NULL and ends the list. */
const char *scope_name(const struct scope *scope);
const char *scope_value(const struct scope *scope);

/* The declarations of these arguments, for tables of arguments. */
#define SCOPE_ARG_TRACE(what) \
    {.name = "trace",         \
     .letter = 't',           \
     .type = ARGUMENT_TRACE,  \
     .metavar = "ID",         \
     .example = "last",       \
     .help = what}
#define SCOPE_ARG_RUN        \
    {.name = "run",          \
     .type = ARGUMENT_TRACE, \
     .metavar = "ID",        \
     .example = "last",      \
     .help = "all processes of the run that this trace or run ID belongs to"}
#define PAGE_ARG_LIMIT(count, what) \
    {.name = "limit",               \
     .letter = 'n',                 \
     .type = ARGUMENT_INT,          \
     .min = 1,                      \
     .max = 100000,                 \
     .fallback = count,             \
     .metavar = "N",                \
     .help = what}
#define PAGE_ARG_SKIP(what) \
    {.name = "skip",        \
     .type = ARGUMENT_INT,  \
     .min = 0,              \
     .max = INT64_MAX,      \
     .fallback = "0",       \
     .metavar = "N",        \
     .help = what}

#endif
