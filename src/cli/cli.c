/* cli.c - what the commands share: saying an error, finding the database. */
#include "base/base.h"

#include "cli/commands.h"
#include "cli/output.h"
#include "render/format.h"
#include "settings/places.h"
#include "settings/settings.h"

static int exit_code_of(int code)
{
    switch (code) {
    case ERR_EMPTY_DATABASE:
    case ERR_TRACE_NOT_FOUND:
    case ERR_FUNCTION_NOT_FOUND:
        return EXIT_CODE_NOTHING;
    default:
        return EXIT_CODE_ERROR;
    }
}

int cli_fail(const struct cli *cli, const struct error *err)
{
    bool for_words = cli->command != NULL && cli->command->flags & COMMAND_TAKES_WORDS;
    /* stdout belongs to the command that was to run. */
    const struct format *format = for_words ? &format_table : cli->format;
    FILE *stream = format->errors_in_stream ? stdout : stderr;
    struct target to = output_target(stream);

    format_error(format, err, &to);
    if (err->code == ERR_USAGE)
        help_usage(cli->command, stderr);
    return exit_code_of(err->code);
}

char *cli_database(const struct cli *cli, struct error *err)
{
    struct settings settings;
    char *path = NULL;
    int ret = settings_load(&settings, cli->config, err);

    if (ret < 0)
        return NULL;
    ret = places_database(cli->db_path != NULL ? cli->db_path : settings.db_path, &path, err);
    settings_release(&settings);
    return ret == 0 ? path : NULL;
}
