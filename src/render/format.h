/*
 * format.h - a form in which answers are written. Each is a vtable in a file of its own; one walk over the answer
 * (format_write) calls them all the same way.
 *
 *     struct target to = {.stream = stdout, .width = 120};
 *     format_write(format_find("table"), &answer, &to, err);
 *
 * Formats ask nothing and know no question. They write to the stream that they are given and to nothing else.
 */
#ifndef RENDER_FORMAT_H
#define RENDER_FORMAT_H

#include "base/base.h"
#include "base/error.h"
#include "query/answer.h"
#include "query/next.h"
#include "query/question.h"

struct target {
    FILE *stream;                   /* Borrowed */
    int width;                      /* columns of the terminal; 0: no limit */
    bool colour;                    /* escape sequences for colours are welcome */
    const struct next_again *again; /* Borrowed: for the commands of next steps; NULL: nothing */
};

struct format {
    const char *name;
    const char *summary;   /* for help */
    enum answer_form form; /* how it wants the rows of a user's query */
    bool rows_only;        /* it can write nothing but the main part's rows */
    bool errors_in_stream; /* an error is an answer too; else one line of text for people */
    /* Once, before anything else. */
    void (*begin)(const struct answer *answer, const struct target *to);
    /* For each part in its order; for rows_only the main part alone. Negative with err when it cannot. */
    int (*part)(const struct answer *answer, const struct part *part, const struct target *to,
                struct error *err);
    /* Once, at the end: totals, what was left out, next steps. */
    void (*end)(const struct answer *answer, const struct target *to);
    /* Instead of all these, when there is no answer. */
    void (*error)(const struct error *problem, const struct target *to);
};

extern const struct format format_json;
extern const struct format format_table;
extern const struct format format_csv;
extern const struct format format_jsonl;

/* All formats, NULL-terminated. */
extern const struct format *const formats[];
/* The same, their names only: the choices of --format. */
extern const char *const format_names[];

const struct format *format_find(const char *name);

/* Writes an answer. ERR_USAGE when the answer has no rows and the format can write nothing else; ERR_SYSTEM when the
 * stream fails (errno says why: EPIPE when the reader has gone). */
int format_write(const struct format *format, const struct answer *answer, const struct target *to,
                 struct error *err);
void format_error(const struct format *format, const struct error *problem,
                  const struct target *to);

/* Whether the format can write answers like this question's. */
bool format_fits(const struct format *format, const struct question *question);

#endif
