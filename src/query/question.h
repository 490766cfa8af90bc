/*
 * question.h - the registry of questions: each is declared once, and every face reads it from here: the command line
 * and its help, completion, the documentation, the tools of an agent.
 *
 * A face parses the arguments (argument.h), opens the store and asks:
 *
 *     struct asking ask = {.store = store, .args = &args, .cells = ANSWER_OBJECTS, .timeout_ms = QUESTION_TIMEOUT_MS,
 *                          .max_bytes = QUESTION_MAX_BYTES};
 *     answer_init(&answer);
 *     ret = question_ask(question_find("list"), &ask, &answer, err);
 *     ...
 *     answer_release(&answer);
 *
 * A new question is one file with a `const struct question question_x` and one line in questions.c.
 */
#ifndef QUERY_QUESTION_H
#define QUERY_QUESTION_H

#include "base/base.h"
#include "base/error.h"
#include "query/answer.h"
#include "query/argument.h"

#define QUESTION_TIMEOUT_MS 30000
#define QUESTION_MAX_BYTES (1024 * 1024) /* of the rows of an answer */

struct store;
struct live;

/* Whether a query of the user's gives its rows as JSON objects or as cells of text: what the format wants to write. */
enum answer_form { ANSWER_OBJECTS, ANSWER_CELLS };

struct asking {
    struct store *store; /* Borrowed; NULL when there is none and the question can do without */
    const struct arguments *args; /* Borrowed; of the question's table */
    enum answer_form form;
    int timeout_ms;
    int patience_ms; /* after it a question that can answer in parts says what it has; 0: none */
    size_t max_bytes;
    const struct live *live; /* Borrowed: what only a face can know (live.h); NULL: unknown */
};

/* What an answer holds, for help and schemas. */
struct question_part {
    const char *name;
    const char *meaning;
    enum part_kind kind;
    unsigned flags;               /* enum part_flags */
    const struct column *columns; /* NULL: they depend on the query */
    size_t ncolumns;
};

/* How an agent meets a question: as a tool. */
struct question_tool {
    const char *name;    /* "get_trace"; the face puts its prefix before it */
    const char *title;   /* for people who look on */
    const char *use;     /* when to use it and what comes back: at most 600 bytes */
    const char *rows_as; /* what the main part is called there; NULL: as everywhere */
    const char *needs; /* an argument that it requires though a command line does not; NULL: none */
    const char *const *
        hidden; /* arguments that its schema does not show, though they are taken: NULL-terminated; NULL: none */
};

enum question_flags {
    QUESTION_OF_TRACES = 1 << 0, /* without a trace in the store it ends with ERR_EMPTY_DATABASE */
    QUESTION_OF_LIVE = 1 << 1,   /* needs asking.live; the store may be missing */
    QUESTION_WITHOUT_STORE =
        1 << 2, /* asking.store is not looked at: no database is opened for it */
};

struct question {
    const char *name;
    const char *summary; /* one line, lower case, no full stop */
    const char *detail;  /* paragraphs for help; NULL: none */
    const struct argument *args;
    size_t nargs;
    const struct question_part *const *parts; /* NULL-terminated */
    const char *const *examples;              /* NULL-terminated pairs: arguments, what it does */
    unsigned flags;                           /* enum question_flags */
    const struct question_tool *tool;         /* NULL: not for agents */
    /* Builds the answer, or returns a negative code and err. */
    int (*ask)(const struct asking *ask, struct answer *answer, struct error *err);
};

/* All questions, NULL-terminated, in the order in which help shows them. */
extern const struct question *const questions[];

/* NULL: there is no such question. */
const struct question *question_find(const char *name);
/* Asks, and fills in what every answer has: its name, the time it took, the schema's version. */
int question_ask(const struct question *question, const struct asking *ask, struct answer *answer,
                 struct error *err);

/* Sets ERR_EMPTY_DATABASE with its words, and returns it. For questions. */
int question_empty(struct error *err);

extern const struct question question_list;
extern const struct question question_get;
extern const struct question question_query;
extern const struct question question_exceptions;
extern const struct question question_performance;
extern const struct question question_top;
extern const struct question question_calls;
extern const struct question question_tree;
extern const struct question question_stack;
extern const struct question question_flow;
extern const struct question question_why_not;
extern const struct question question_search;
extern const struct question question_gaps;
extern const struct question question_overview;
extern const struct question question_report;
extern const struct question question_status;
extern const struct question question_schema;

#endif
