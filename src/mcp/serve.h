/*
 * serve.h - the server of the Model Context Protocol, for the command that starts it.
 *
 *     struct serve_options options = {.database = find_database, .ctx = cli};
 *     status = serve_stdio(&options);
 *
 * It runs until its input ends or a SIGTERM, SIGINT or SIGHUP comes. Questions are asked by child processes (worker.h), so a query
 * that crashes, hangs or is cancelled never takes the server along, and the server itself never opens the database.
 */
#ifndef MCP_SERVE_H
#define MCP_SERVE_H

#include "base/base.h"
#include "base/error.h"

struct serve_options {
    /* Where the database is now: asked for each call, because one may be made while the server runs. Owned by the caller;
     * NULL with err when there is no place for one. Called in child processes too. */
    char *(*database)(void *ctx, struct error *err);
    void *ctx;
    const char *again; /* what a command needs to find the same one: " --db-path x"; "" */
    /* Of HTTP only. */
    const char *host;  /* an address to listen at; NULL: this machine only */
    int port;          /* 0: any free one */
    const char *token; /* that requests have to bring */
};

/* Speaks on stdin and stdout. 0, or a negative code with err when it could not begin. */
int serve_stdio(const struct serve_options *options, struct error *err);
/* Speaks HTTP at /mcp; says on stderr where. Needs a token. The same ends and results. */
int serve_http(const struct serve_options *options, struct error *err);

#endif
