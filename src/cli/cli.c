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

int cli_find_place(const struct cli *cli, struct cli_place *ret, struct error *err)
{
    struct settings settings;
    struct cli_place place = {0};
    int code = settings_load(&settings, cli->config, err);

    if (code < 0)
        return code;
    place.timeout_ms = (int)settings.query_timeout_s * 1000;
    place.max_bytes = (size_t)settings.max_result_mb * 1024 * 1024;
    place.retention_days = settings.retention_days;
    place.retention_mb = settings.retention_mb;
    code = places_database(cli->db_path != NULL ? cli->db_path : settings.db_path, &place.database,
                           err);
    settings_release(&settings);
    if (code == 0)
        *ret = place;
    return code;
}

char *cli_database(const struct cli *cli, struct error *err)
{
    struct cli_place place;

    return cli_find_place(cli, &place, err) == 0 ? place.database : NULL;
}
