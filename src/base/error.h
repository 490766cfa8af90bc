/*
 * error.h - how host functions report failure.
 *
 * A function that can fail returns 0 or a negative enum error_kind and takes, as its last
 * argument, a struct error that it writes only on failure; err may be NULL when the caller needs
 * no text. Messages are lower case, say what failed first, quote the subject, then what to do.
 *
 *     if (store_open(&store, path, err) < 0)
 *         goto out;
 *
 * Thread-safe: no global state. The guest does not use it (it counts failures instead).
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/base.h"
#include "base/limits.h"

enum error_kind {
    ERR_NONE = 0,
    ERR_FAILED = -1,             /* anything without a name of its own */
    ERR_USAGE = -2,              /* UsageError */
    ERR_EMPTY_DATABASE = -3,     /* EmptyDatabaseError */
    ERR_INVALID_QUERY = -4,      /* InvalidQueryError */
    ERR_QUERY_TIMEOUT = -5,      /* QueryTimeoutError */
    ERR_TRACE_NOT_FOUND = -6,    /* TraceNotFoundError */
    ERR_FUNCTION_NOT_FOUND = -7, /* FunctionNotFound */
    ERR_DATABASE_LOCKED = -8,    /* DatabaseLockedError */
    ERR_DATABASE_NOT_FOUND = -9, /* DatabaseNotFoundError */
    ERR_DATABASE_VERSION = -10,  /* DatabaseVersionError */
    ERR_CONFIG_NOT_FOUND = -11,  /* ConfigNotFoundError */
    ERR_INVALID_SETTING = -12,   /* InvalidSettingError */
    ERR_INVALID_TIME = -13,      /* InvalidTimeError */
    ERR_DATABASE_CORRUPT = -14,  /* DatabaseCorruptError */
    ERR_SYSTEM = -15,            /* SystemError: a system call failed, the text has errno's words */
};

struct error {
    int code;                           /* enum error_kind */
    char message[LIMIT_ERROR_BYTES];    /* what failed */
    char suggestion[LIMIT_ERROR_BYTES]; /* what to do next; may be empty */
};

/* Writes code and message (printf-like) into err unless it is NULL, clears the suggestion, and
 * returns code, so that `return error_set(err, ERR_X, ...)` reads well. */
int error_set(struct error *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/* The same, with ": <words for errno>" after the message, and what to do about a full or read-only disk, permissions and
 * the like as the suggestion. Keeps errno. */
int error_set_errno(struct error *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Adds what to do next to an error that was set. Returns err->code (ERR_FAILED when err is NULL). */
int error_suggest(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* The public name of a code, as JSON answers carry it ("EmptyDatabaseError"). Borrowed, static. */
const char *error_name(int code);

#endif
