/*
 * captured.h - values of the traced program as JSON text for an agent: cut to a size, and unable to pose as anything else.
 *
 * What the program printed, raised or was given is data. In what we write, a text of its can hold no control character, no
 * character that is invisible or turns a line round, and no '<' or '>' but in the names that Python itself writes so
 * (<module>, <lambda>): all of those come as \uXXXX, so that no tag or mark of a client's can be forged, and a parser still gets the
 * same value back. No state.
 */
#ifndef MCP_CAPTURED_H
#define MCP_CAPTURED_H

#include "base/base.h"
#include "base/buf.h"
#include "query/answer.h"

struct captured_limits {
    size_t text;  /* bytes of one text, 0: no limit; what is left out is counted behind it */
    size_t items; /* of one array or object; 0: no limit */
    int depth;    /* of arrays and objects; 0: no limit */
    bool
        terse; /* what an event says only to say that there is nothing is left out: no kwargs, not async, no caller */
};

/* A JSON string. */
void captured_text(struct buf *out, const char *text, size_t len, size_t limit);
/* The same, where the end tells more than the beginning: a traceback. */
void captured_end(struct buf *out, const char *text, size_t len, size_t limit);
/* JSON text once more, cut to the limits. What no parser of ours holds comes as a string of its bytes. */
void captured_json(struct buf *out, const char *json, size_t len,
                   const struct captured_limits *limits);
void captured_cell(struct buf *out, const struct cell *cell, enum column_type type,
                   const struct captured_limits *limits);

#endif
