/*
 * when.h - moments as people write them.
 *
 *     30s 45m 2h 1d 1w              so long before now
 *     2026-01-31                    that day's beginning
 *     2026-01-31T14:30[:00[.5]]     a blank instead of the T will do
 *     2026-01-31T14:30Z  ...+02:00  with its zone; without one it is UTC, like every time that we print
 *     now  today  yesterday         the last two are the beginning of that day
 *     last                          when the latest run began: only the store knows (scope.h)
 */
#ifndef QUERY_WHEN_H
#define QUERY_WHEN_H

#include "base/base.h"
#include "base/error.h"

enum when_kind { WHEN_AT, WHEN_LAST };

struct when {
    enum when_kind kind;
    int64_t us; /* WHEN_AT: microseconds since 1970, UTC */
};

/* `now_us` is the moment from which 30m counts back. ERR_INVALID_TIME with what is possible; `where` begins the message
 * ("option --since"). */
int when_parse(const char *text, int64_t now_us, const char *where, struct when *ret,
               struct error *err);
/* The same for its syntax alone. */
int when_check(const char *text, const char *where, struct error *err);

#endif
