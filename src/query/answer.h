/*
 * answer.h - an answer: a small typed tree in one arena. A question builds it, a format writes it, nobody else looks.
 *
 *     struct answer a;
 *     answer_init(&a);
 *     part = answer_rows(&a, "traces", COLUMNS, ARRAY_SIZE(COLUMNS));
 *     cells = part_add(&a, part);                     // NULL when the answer is full
 *     ...
 *     answer_omit(&a, 990, "traces", "the limit is 10");
 *     answer_release(&a);
 *
 * Everything in it is Borrowed from its arena or static. Builders may be given NULL parts and do nothing then; when memory
 * or the ceiling LIMIT_ANSWER_BYTES is out, `failed` is set and question_ask() makes an error of it, so a question need not look.
 * Not thread-safe. Host only.
 */
#ifndef QUERY_ANSWER_H
#define QUERY_ANSWER_H

#include "base/base.h"
#include "base/arena.h"
#include "base/error.h"

enum column_type {
    COLUMN_TEXT,
    COLUMN_ID,     /* a UUID, as printed */
    COLUMN_STATUS, /* running, completed, failed */
    COLUMN_INT,
    COLUMN_DOUBLE,
    COLUMN_MS,    /* a duration in floating milliseconds */
    COLUMN_BYTES, /* a size */
    COLUMN_BOOL,
    COLUMN_TIME, /* microseconds since 1970, UTC */
    COLUMN_JSON, /* JSON text, from the store */
};

enum column_flags {
    COLUMN_NOT_IN_TABLE = 1 << 0, /* too much for a terminal */
    COLUMN_WIDE = 1 << 1,         /* the first to give room when a table is too wide */
    COLUMN_OF_QUERY = 1 << 2,     /* of a user's query: NULL is shown as such */
    COLUMN_SECONDS = 1 << 3,      /* TIME: a person does not need its fraction */
};

struct column {
    const char *name;  /* the key in JSON, the head of csv */
    const char *title; /* the head of a table, the label of a record */
    enum column_type type;
    unsigned flags;      /* enum column_flags */
    const char *meaning; /* for help and schemas, with the unit */
};

enum cell_kind { CELL_NULL, CELL_BOOL, CELL_INT, CELL_DOUBLE, CELL_TEXT, CELL_JSON, CELL_TIME };

struct cell {
    enum cell_kind kind;
    int64_t integer;  /* BOOL, INT, TIME */
    double real;      /* DOUBLE */
    const char *text; /* TEXT, JSON; NUL-terminated, may hold NULs */
    size_t len;
};

struct row {
    struct row *next;
    struct cell *cells; /* one for each column of the part; NULL: `json` is the row */
    const char *json;   /* the row as one JSON object, made by the store */
    size_t json_len;
    const char *line; /* how a person would say it, for parts that look like lines; else NULL */
    int depth;        /* of the line: how far it is set in */
};

enum part_kind {
    PART_ROWS,   /* an array of objects; a table */
    PART_LINES,  /* an array of objects; lines of text (row.line) */
    PART_RECORD, /* one object; labels and values */
    PART_FIELDS, /* one object whose values stand in the answer itself, beside the parts; labels and values */
};

enum part_flags {
    PART_MAIN = 1 << 0,         /* what csv and jsonl write */
    PART_NOT_IN_TEXT = 1 << 1,  /* for machines only: the text form has it elsewhere */
    PART_ONLY_IN_TEXT = 1 << 2, /* for people only: machines have it in the cells of another part */
    PART_PROSE = 1 << 3,        /* lines that say what to do: whole, where a terminal is narrower */
};

struct part {
    struct part *next;
    const char *name;  /* the key in JSON */
    const char *title; /* the heading of the text form; NULL: none */
    enum part_kind kind;
    unsigned flags; /* enum part_flags */
    const struct column *columns;
    size_t ncolumns;
    struct row *first, *last;
    size_t nrows;
    size_t bytes; /* of its rows, about: what the size limit counts */
};

/* Something that was left out. */
struct omission {
    struct omission *next;
    const char *what;   /* "traces" */
    int64_t count;      /* negative: unknown, at least -count */
    const char *reason; /* "the limit is 10" */
};

/* A question that goes on from here, or a command: each face says it its own way (next.h has the command line). */
struct next_value {
    const char *name; /* of an argument; "": a word as it is */
    const char *value;
};

struct next_step {
    struct next_step *next;
    const char *question;
    struct next_value *values;
    size_t nvalues;
    const char *why; /* half a sentence */
};

struct answer {
    struct arena arena;
    const char *question;
    const char *heading; /* of the text form; NULL: none */
    struct part *first, *last;
    int64_t total; /* rows that there are, shown or not; negative: the answer has none */
    double query_time_ms;
    const char *schema_version;
    struct omission *omitted, *last_omitted;
    struct next_step *steps, *last_step;
    const char *why; /* of an empty answer: why it is empty; NULL: it is not */
    bool failed;
};

void answer_init(struct answer *a);
void answer_release(struct answer *a);

/* A new part behind the others. */
struct part *answer_part(struct answer *a, enum part_kind kind, const char *name,
                         const struct column *columns, size_t ncolumns);
/* Short for PART_ROWS that are the main thing of the answer. */
struct part *answer_rows(struct answer *a, const char *name, const struct column *columns,
                         size_t ncolumns);
/* A new row at the end: its cells, all NULL; they live in the answer. NULL when the answer is full. */
struct cell *part_add(struct answer *a, struct part *part);
/* A new row that is JSON already. */
void part_add_json(struct answer *a, struct part *part, const char *json, size_t len);
/* What a person reads for the row added last. */
void part_say(struct answer *a, struct part *part, int depth, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* count as in struct omission; 0 does nothing. Texts are copied. */
void answer_omit(struct answer *a, int64_t count, const char *what, const char *reason_format, ...)
    PRINTF_LIKE(4, 5);
/* What was recorded and is not stored yet is left out of any answer. why NULL: there is nothing of the kind; events not positive: it is
 * not known how many they are, at least one. */
void answer_behind(struct answer *a, const char *why, int64_t events);
/* Pairs of an argument's name and its value, then NULL:
 *     answer_suggest(a, "the next events", "get", "trace_id", id, "skip", "1000", NULL); */
void answer_suggest(struct answer *a, const char *why, const char *question, ...)
    __attribute__((sentinel));
/* A copy in the arena; "" when the answer is full. */
const char *answer_printf(struct answer *a, const char *format, ...) PRINTF_LIKE(2, 3);
/* "1 call", "48211 calls". */
const char *answer_calls(struct answer *a, int64_t calls);

/* Cells; texts are copied, NULL gives a NULL cell. */
struct cell cell_int(int64_t v);
struct cell cell_bool(bool v);
struct cell cell_double(double v);
struct cell cell_time(int64_t microseconds);
struct cell cell_text(struct answer *a, const char *text);
struct cell cell_bytes(struct answer *a, enum cell_kind kind, const char *text, size_t len);

#endif
