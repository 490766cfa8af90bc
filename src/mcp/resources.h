/*
 * resources.h - what others need to know of a resource's address. No state.
 */
#ifndef MCP_RESOURCES_H
#define MCP_RESOURCES_H

#include "base/base.h"

/* Whether an address is that of a trace's report; then the trace as it is written there. */
bool resource_trace(const char *uri, char *id, size_t size);
/* Whether it is one of the pages that never change. */
bool resource_is_page(const char *uri);

#endif
