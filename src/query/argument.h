/*
 * argument.h - an argument of a question or a command, declared once: parsing, --help, completion and the schemas
 * of other faces come from this.
 *
 *     static const struct argument ARGS[] = {
 *         {.name = "limit", .letter = 'n', .type = ARGUMENT_INT, .min = 1, .max = 1000, .fallback = "10",
 *          .metavar = "N", .help = "how many traces to show"},
 *     };
 *     arguments_init(&args, ARGS, ARRAY_SIZE(ARGS));
 *     arguments_give(&args, &ARGS[0], "25", "option --limit", err);
 *     limit = arguments_int(&args, "limit");           // 25; 10 where it was not given
 *     arguments_release(&args);
 *
 * Not thread-safe. Host only.
 */
#ifndef QUERY_ARGUMENT_H
#define QUERY_ARGUMENT_H

#include "base/base.h"
#include "base/error.h"

enum argument_type {
    ARGUMENT_TEXT,     /* bytes as they came */
    ARGUMENT_INT,      /* min to max, both included */
    ARGUMENT_NUMBER,   /* a double, min to max */
    ARGUMENT_FLAG,     /* takes no value; true when given */
    ARGUMENT_CHOICE,   /* one word of .choices */
    ARGUMENT_TRACE,    /* a trace: its id, a unique beginning of it, `last` or `last~N` */
    ARGUMENT_SQL,      /* a query: UTF-8, at most LIMIT_SQL_BYTES */
    ARGUMENT_TIME,     /* a moment: 30m, 2h, 1d, 1w, a date, a date and time, `last` (when.h) */
    ARGUMENT_FUNCTION, /* a function: `name`, `Class.name`, `module.name` or a glob (function.h) */
    ARGUMENT_PAIR,     /* NAME=VALUE; NAME is letters, digits and _ */
};

enum argument_flags {
    ARGUMENT_POSITIONAL = 1 << 0, /* a word, not an option */
    ARGUMENT_REQUIRED = 1 << 1,
    ARGUMENT_REPEATS = 1 << 2, /* may be given again; all values count */
    ARGUMENT_HIDDEN = 1 << 3,  /* not shown in --help: another spelling of its neighbour */
};

struct argument {
    const char *name; /* "limit": --limit on the command line, a property elsewhere */
    char letter;      /* 'n' for -n; 0: none */
    enum argument_type type;
    unsigned flags;             /* enum argument_flags */
    int64_t min, max;           /* INT, NUMBER; both 0: no range */
    const char *fallback;       /* the default, as text; NULL: none */
    const char *const *choices; /* CHOICE: NULL-terminated */
    const char *metavar;        /* "N", "PATH"; NULL: made from the name */
    const char *help;           /* half a sentence, lower case, no full stop */
    const char *example;        /* a value that makes sense; NULL: the default does */
};

/* The type in one word for schemas and documents: "text", "integer", "number", "flag", ... Static. */
const char *argument_type_name(enum argument_type type);

struct given {
    const struct argument *spec; /* Borrowed */
    const char *text;            /* Borrowed from whoever gave it; "" for a flag */
    int64_t integer;             /* INT; FLAG: 1 */
    double real;                 /* NUMBER, and INT too */
};

struct arguments {
    const struct argument *specs; /* Borrowed */
    size_t nspecs;
    struct given *given; /* Owned, in the order in which they were given */
    size_t ngiven, capacity;
};

void arguments_init(struct arguments *args, const struct argument *specs, size_t nspecs);
void arguments_release(struct arguments *args);
/* Checks the value against its type and range and keeps it. `where` says in messages where it came from ("option --limit").
 * ERR_USAGE when it does not fit or comes twice, ERR_INVALID_TIME for what is no moment. */
int arguments_give(struct arguments *args, const struct argument *spec, const char *text,
                   const char *where, struct error *err);
/* ERR_USAGE that names the first required argument that was not given. */
int arguments_complete(const struct arguments *args, struct error *err);

const struct argument *argument_find(const struct argument *specs, size_t nspecs, const char *name);
/* The spelling of --help: "TRACE_ID" or "N". Borrowed or written into `space`. */
const char *argument_metavar(const struct argument *spec, char *space, size_t size);
/* A word that has a letter may be given as an option too: `top 5`, `top --limit 5`, `top -n 5`. */
static inline bool argument_is_option(const struct argument *spec)
{
    return !(spec->flags & ARGUMENT_POSITIONAL) || spec->letter != '\0';
}

/* The value last given, or the default; 0, false and NULL where there is neither. The name has to be one of specs. */
bool arguments_given(const struct arguments *args, const char *name);
int64_t arguments_int(const struct arguments *args, const char *name);
double arguments_number(const struct arguments *args, const char *name);
bool arguments_flag(const struct arguments *args, const char *name);
const char *arguments_text(const struct arguments *args, const char *name);
/* The n-th value given of an argument that may be repeated, in the order of giving; NULL past the last. */
const char *arguments_nth(const struct arguments *args, const char *name, size_t n);
/* Like the others, for arguments that a question may lack: false where the table does not have the name. */
bool arguments_known(const struct arguments *args, const char *name);

#endif
