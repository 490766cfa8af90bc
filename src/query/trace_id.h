/* trace_id.h - from what a person calls a trace to its id. For questions only. */
#ifndef QUERY_TRACE_ID_H
#define QUERY_TRACE_ID_H

#include "base/uuid.h"
#include "query/question.h"

/* Takes a full id, a beginning of it that only one trace has, `last`, or `last~N` (the N-th before the last). Writes the full
 * id. ERR_TRACE_NOT_FOUND; or ERR_USAGE for a beginning that several have, which names some of them. */
int trace_id_resolve(const struct asking *ask, const char *name, char ret_id[UUID_TEXT],
                     struct error *err);

#endif
