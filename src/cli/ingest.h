/* ingest.h - the options of the command `ingest`. */
#ifndef CLI_INGEST_H
#define CLI_INGEST_H

#include "query/argument.h"

extern const struct argument ingest_args[];
extern const size_t ingest_nargs;

#endif
