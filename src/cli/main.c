/* main.c - finds the command, parses what was given to it, and calls it. */
#include "base/base.h"

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "query/question.h"
#include "render/format.h"
#include "version.h"

/* All that one command line comes to. */
struct line {
    struct arguments globals, args;
    struct command command;
    struct cli cli;
};

static int finish(struct line *line, int status)
{
    arguments_release(&line->args);
    arguments_release(&line->globals);
    return output_end(status);
}

static void read_globals(struct line *line)
{
    line->cli.format = format_find(arguments_text(&line->globals, "format"));
    line->cli.db_path = arguments_text(&line->globals, "db-path");
    line->cli.config = arguments_text(&line->globals, "config");
    line->cli.verbose = arguments_flag(&line->globals, "verbose");
}

/* --version and --help are answered before anything else is looked at. */
static bool answered_at_once(const struct line *line)
{
    if (arguments_flag(&line->globals, "version")) {
        printf("breadcrumb %s\n", BREADCRUMB_VERSION);
        return true;
    }
    if (!arguments_flag(&line->globals, "help"))
        return false;
    if (line->command.name != NULL)
        help_command(&line->command, stdout);
    else
        help_overview(stdout);
    return true;
}

static void be_verbose(const struct cli *cli)
{
    char *path = cli_database(cli, NULL);

    fprintf(stderr, "Breadcrumb CLI v%s\nFormat: %s\nDatabase: %s%s%s%s\n", BREADCRUMB_VERSION,
            cli->format->name, cli->db_path != NULL ? cli->db_path : "auto-discover",
            path != NULL ? " (" : "", path != NULL ? path : "", path != NULL ? ")" : "");
    free(path);
}

/* `config --help`, `--help config`: such words are no command yet, so its options cannot be parsed. */
static bool answered_for_group(const struct line *line, int argc, char **argv)
{
    bool asked = arguments_flag(&line->globals, "help") ||
                 (argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0));

    return asked && help_group(argv[0], stdout);
}

/* A format that cannot write such an answer is refused before any work is done. */
static int check_format(const struct line *line, struct error *err)
{
    const struct format *format = line->cli.format;
    const struct question *question = line->command.question;

    if (question != NULL ? format_fits(format, question) : !format->rows_only)
        return 0;
    error_set(err, ERR_USAGE, "option --format: the answer of '%s' is not rows: it cannot be %s",
              line->command.name, format->name);
    return error_suggest(err, "use --format json or --format table");
}

/* What comes behind a mistake was not read; an error is shown in the format that was asked for all the same. */
static void find_format(struct line *line, int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *value = NULL;

        if (strncmp(argv[i], "--format=", 9) == 0)
            value = argv[i] + 9;
        else if (i + 1 < argc && (strcmp(argv[i], "--format") == 0 || strcmp(argv[i], "-f") == 0))
            value = argv[i + 1];
        if (value != NULL && format_find(value) != NULL)
            line->cli.format = format_find(value);
    }
}

/* The options behind the command's name. Returns how many words they took, or an error. */
static int parse_command(struct line *line, int argc, char **argv, struct error *err)
{
    struct option_line rest = {.sets = {&line->args, &line->globals},
                               .nsets = 2,
                               .stops = line->command.flags & COMMAND_TAKES_WORDS,
                               .command = line->command.name,
                               .argc = argc,
                               .argv = argv};
    int used;

    line->cli.command = &line->command;
    arguments_init(&line->args, line->command.args, line->command.nargs);
    used = line->command.flags & COMMAND_RAW_WORDS ? 0 : options_parse(&rest, err);
    read_globals(line);
    if (used < 0 && !rest.stops)
        find_format(line, argc, argv);
    return used;
}

int main(int argc, char **argv)
{
    struct line line = {0};
    struct option_line front = {
        .sets = {&line.globals}, .nsets = 1, .stops = true, .argc = argc - 1, .argv = argv + 1};
    struct error err;
    int used, more;

    output_begin();
    line.cli.args = &line.args;
    arguments_init(&line.globals, global_args, global_nargs);
    used = options_parse(&front, &err);
    read_globals(&line);
    if (used < 0)
        return finish(&line, cli_fail(&line.cli, &err));
    if (used == argc - 1 && !answered_at_once(&line)) {
        help_overview(stderr);
        return finish(&line, EXIT_CODE_ERROR);
    }
    if (used == argc - 1)
        return finish(&line, EXIT_CODE_OK);
    argv += used + 1;
    argc -= used + 1;
    used = command_find_words(argc, argv, &line.command, &err);
    if (used < 0 && answered_for_group(&line, argc, argv))
        return finish(&line, EXIT_CODE_OK);
    if (used < 0) {
        find_format(&line, argc, argv);
        return finish(&line, cli_fail(&line.cli, &err));
    }
    argv += used - 1;
    argc -= used - 1;
    more = parse_command(&line, argc - 1, argv + 1, &err);
    if (more < 0)
        return finish(&line, cli_fail(&line.cli, &err));
    if (answered_at_once(&line))
        return finish(&line, EXIT_CODE_OK);
    if (arguments_complete(&line.args, &err) < 0 || check_format(&line, &err) < 0)
        return finish(&line, cli_fail(&line.cli, &err));
    if (line.cli.verbose)
        be_verbose(&line.cli);
    return finish(&line, line.command.run(&line.cli, argc - 1 - more, argv + 1 + more));
}
