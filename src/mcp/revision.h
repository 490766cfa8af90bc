/*
 * revision.h - the revisions of the Model Context Protocol, and what a server may say in each. No state.
 *
 * The first four begin with `initialize` and know a session; 2026-07-28 has neither: each request says its revision in _meta.
 */
#ifndef MCP_REVISION_H
#define MCP_REVISION_H

#include "base/base.h"

enum revision {
    REVISION_NONE,
    REVISION_2024_11_05,
    REVISION_2025_03_26, /* batches, annotations, completions */
    REVISION_2025_06_18, /* structuredContent, outputSchema, title; no batches */
    REVISION_2025_11_25,
    REVISION_2026_07_28, /* no initialize */
};

#define REVISION_OLDEST REVISION_2024_11_05
#define REVISION_NEWEST_INITIALIZED REVISION_2025_11_25
#define REVISION_STATELESS REVISION_2026_07_28

/* "2025-11-25"; static. */
const char *revision_name(enum revision revision);
/* REVISION_NONE: not one of ours. */
enum revision revision_find(const char *name);
/* A JSON array of them all, the newest first; static. */
const char *revision_list(void);

#endif
