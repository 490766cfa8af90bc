/* serve_mcp.c - the command `serve-mcp`: the same questions, for agents. */
#include "base/base.h"

#include "cli/commands.h"
#include "mcp/serve.h"

static char *find_database(void *ctx, struct error *err)
{
    return cli_database(ctx, err);
}

int cmd_serve_mcp(const struct cli *cli, int argc, char **argv)
{
    struct serve_options options = {.database = find_database, .ctx = (void *)cli};
    struct error err;
    int ret;

    (void)argc;
    (void)argv;
    ret = serve_stdio(&options, &err);
    return ret < 0 ? cli_fail(cli, &err) : EXIT_CODE_OK;
}
