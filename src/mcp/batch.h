/*
 * batch.h - several messages in one array, as 2025-03-26 has them: their answers come back in one array too.
 */
#ifndef MCP_BATCH_H
#define MCP_BATCH_H

#include "mcp/server.h"

/* Whether the peer's revision knows batches, and this is one. */
bool batch_is(const struct peer *peer, const struct message *message);
/* Takes them all; the outlet is finished with the array of answers, or with NULL when there is none. */
void batch_take(struct server *server, struct peer *peer, const struct message *message,
                struct outlet *outlet);

#endif
