/*
 * jobs.h - what a worker does beside tool calls, for resources and completion.
 */
#ifndef MCP_JOBS_H
#define MCP_JOBS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "store/store.h"

#include <jansson.h>

#define JOB_TRACES_MOST 100

/* {"kind": "traces", "limit": N}: the latest traces as an array of {"id", "status", "command", "started_at", ...}. */
int job_traces(const json_t *job, struct store *store, struct buf *out, struct error *err);
/* {"kind": "report", "trace": ID}: the report of one trace, as text for reading. */
int job_report(const json_t *job, struct store *store, struct buf *out, struct error *err);

#endif
