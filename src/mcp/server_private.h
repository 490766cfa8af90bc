/*
 * server_private.h - what the files that make up the server share.
 */
#ifndef MCP_SERVER_PRIVATE_H
#define MCP_SERVER_PRIVATE_H

#include "mcp/request.h"

#define META_VERSION "io.modelcontextprotocol/protocolVersion"
#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define META_CLIENT "io.modelcontextprotocol/clientInfo"
#define META_SERVER "io.modelcontextprotocol/serverInfo"
#define META_SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"

/* Who we are, as JSON; with a title since 2025-06-18. */
const char *server_info(enum revision revision);

/* A request that stays open to hear of changes: its subscriber is joined; it ends when it is cancelled. */
void server_listen(struct request *r);
/* Whether one more may: those that are open leave room for answers. */
bool server_may_listen(const struct server *server);
/* A session has begun: its peer hears of changes from here on. */
void server_join(struct server *server, struct peer *peer);

void method_initialize(struct request *r);
void method_ping(struct request *r);
void method_discover(struct request *r);

#endif
