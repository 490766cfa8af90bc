/*
 * exceptions.h - what the files of the question `exceptions` share.
 */
#ifndef QUERY_EXCEPTIONS_H
#define QUERY_EXCEPTIONS_H

#include "query/answer.h"

/* Columns of an exception. */
enum {
    EXCEPTION_ID,
    EXCEPTION_TRACE,
    EXCEPTION_AT,
    EXCEPTION_TYPE,
    EXCEPTION_MESSAGE,
    EXCEPTION_FUNCTION,
    EXCEPTION_MODULE,
    EXCEPTION_FILE,
    EXCEPTION_LINE,
    EXCEPTION_HANDLED,
    EXCEPTION_HANDLED_BY,
    EXCEPTION_HANDLED_LINE,
    EXCEPTION_TIMES,
    EXCEPTION_CALL,
    EXCEPTION_FRAMES,
    EXCEPTION_CAUSES
};

/* Adds what a table has no room for, as lines for people: of each exception where it was raised, the calls that it ended with their
 * arguments, who handled it, what it came from. */
void exceptions_tell(struct answer *answer, const struct part *exceptions);

#endif
