/* serve_mcp.c - the command `serve-mcp`: the same questions, for agents. */
#include "base/base.h"

#include "base/io.h"
#include "cli/commands.h"
#include "cli/serve_mcp.h"
#include "mcp/serve.h"
#include "query/next.h"
#include "settings/places.h"

#include <ctype.h>
#include <sys/random.h>

#define TOKEN_VARIABLE "BREADCRUMB_MCP_TOKEN"
#define TOKEN_BYTES 16 /* of chance, in one that we make */
#define TOKEN_LEAST 16 /* characters of one that is given */
#define TOKEN_MOST 512

const struct argument serve_mcp_args[] = {
    {.name = "port",
     .type = ARGUMENT_INT,
     .min = 0,
     .max = 65535,
     .metavar = "N",
     .help = "speak HTTP on this port, at /mcp; 0: any free one; by default stdin and stdout"},
    {.name = "host",
     .type = ARGUMENT_TEXT,
     .metavar = "ADDRESS",
     .help =
         "listen at this address instead of 127.0.0.1; other machines need a token that you give"},
    {.name = "token-file",
     .type = ARGUMENT_TEXT,
     .metavar = "PATH",
     .help = "the first line of this file is what clients have to bring as bearer token; else "
             "BREADCRUMB_MCP_TOKEN, else one is made and said on stderr"},
};
const size_t serve_mcp_nargs = ARRAY_SIZE(serve_mcp_args);

static char *find_database(void *ctx, struct error *err)
{
    return cli_database(ctx, err);
}

/* ---- the token ---------------------------------------------------------------------------------- */

/* A token goes into a header: letters that need no quoting. */
static int check_token(const char *token, const char *where, struct error *err)
{
    size_t len = strlen(token);

    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)token[i]) && strchr("-._~+/=", token[i]) == NULL)
            return error_set(err, ERR_USAGE,
                             "%s: the token has a character that is no letter, "
                             "digit or one of -._~+/=",
                             where);
    if (len >= TOKEN_LEAST && len <= TOKEN_MOST)
        return 0;
    error_set(err, ERR_USAGE, "%s: the token has %zu characters, not %d to %d", where, len,
              TOKEN_LEAST, TOKEN_MOST);
    return error_suggest(err, "make one: openssl rand -hex 16");
}

static int read_token_file(const char *path, struct buf *token, struct error *err)
{
    int ret = io_read_file(path, token, err);

    if (ret < 0)
        return ret;
    if (token->data != NULL) {
        token->data[strcspn(token->data, "\r\n")] = '\0';
        token->len = strlen(token->data);
    }
    return check_token(buf_text(token), path, err);
}

static int make_token(struct buf *token, struct error *err)
{
    unsigned char bytes[TOKEN_BYTES];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return error_set_errno(err, ERR_SYSTEM, "cannot make a token");
    for (size_t i = 0; i < sizeof(bytes); i++)
        buf_putf(token, "%02x", bytes[i]);
    fprintf(stderr, "breadcrumb: the token is %s\n", buf_text(token));
    return 0;
}

static int find_token(const struct cli *cli, bool may_make, struct buf *token, struct error *err)
{
    const char *path = arguments_text(cli->args, "token-file"), *given = getenv(TOKEN_VARIABLE);

    if (path != NULL)
        return read_token_file(path, token, err);
    if (given != NULL && given[0] != '\0') {
        buf_puts(token, given);
        return check_token(given, TOKEN_VARIABLE, err);
    }
    if (may_make)
        return make_token(token, err);
    error_set(err, ERR_USAGE, "option --host: other machines need a token");
    return error_suggest(err, "give one with --token-file or " TOKEN_VARIABLE);
}

/* ---- the command -------------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
    return host == NULL || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

static int serve(const struct cli *cli, struct serve_options *options, struct error *err)
{
    struct buf token = BUF_INIT(LIMIT_PATH_BYTES);
    int ret;

    if (!arguments_given(cli->args, "port")) {
        if (arguments_given(cli->args, "host") || arguments_given(cli->args, "token-file"))
            return error_set(err, ERR_USAGE, "--host and --token-file go with --port");
        return serve_stdio(options, err);
    }
    options->host = arguments_text(cli->args, "host");
    options->port = (int)arguments_int(cli->args, "port");
    ret = find_token(cli, is_loopback(options->host), &token, err);
    options->token = buf_text(&token);
    if (ret == 0)
        ret = serve_http(options, err);
    buf_release(&token);
    return ret;
}

/* What the commands that answers suggest have to be given: an agent's shell may stand in another folder. */
static void put_again(const struct cli *cli, struct buf *out)
{
    char *path = cli->db_path != NULL ? places_absolute(cli->db_path) : NULL;

    if (path == NULL)
        return;
    buf_puts(out, " --db-path ");
    next_quote(path, out);
    free(path);
}

int cmd_serve_mcp(const struct cli *cli, int argc, char **argv)
{
    struct buf again = BUF_INIT(2 * LIMIT_PATH_BYTES);
    struct serve_options options = {.database = find_database, .ctx = (void *)cli};
    struct error err;
    int ret;

    (void)argc;
    (void)argv;
    put_again(cli, &again);
    options.again = buf_text(&again);
    ret = serve(cli, &options, &err);
    buf_release(&again);
    return ret < 0 ? cli_fail(cli, &err) : EXIT_CODE_OK;
}
