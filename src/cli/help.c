/* help.c - --help, written from the tables of commands and arguments. */
#include "base/base.h"

#include "cli/commands.h"
#include "query/question.h"

#define COMMAND_WIDTH 15
#define NAME_WIDTH 26 /* of the left column of options */

static void usage_of_args(const struct command *command, FILE *to)
{
    char space[64];

    for (size_t i = 0; i < command->nargs; i++) {
        const struct argument *spec = &command->args[i];
        const char *name = argument_metavar(spec, space, sizeof(space));

        if (!(spec->flags & ARGUMENT_POSITIONAL))
            continue;
        fprintf(to, spec->flags & ARGUMENT_REQUIRED ? " %s" : " [%s]", name);
    }
}

void help_usage(const struct command *command, FILE *to)
{
    if (command == NULL) {
        fprintf(to, "usage: breadcrumb [options] COMMAND [options]\n");
        return;
    }
    fprintf(to, "usage: breadcrumb %s", command->name);
    if (command->usage != NULL) {
        fprintf(to, " %s", command->usage);
    } else {
        fprintf(to, " [options]");
        usage_of_args(command, to);
    }
    fprintf(to, "\n");
}

/* What can be said of the values: the default, the range, that it may come again. */
static void notes_of(const struct argument *spec, FILE *to)
{
    if (spec->flags & ARGUMENT_REQUIRED && !(spec->flags & ARGUMENT_POSITIONAL))
        fprintf(to, " (required)");
    if (spec->fallback != NULL)
        fprintf(to, " (default: %s)", spec->fallback);
    if (spec->flags & ARGUMENT_REPEATS && spec->fallback == NULL && spec->type != ARGUMENT_FLAG &&
        strcmp(spec->name, "db-path") != 0)
        fprintf(to, " (may be repeated)");
}

static void show_argument(const struct argument *spec, FILE *to)
{
    char name[120], space[64];
    const char *metavar = argument_metavar(spec, space, sizeof(space));
    int len;

    if (spec->flags & ARGUMENT_HIDDEN)
        return;
    if (spec->flags & ARGUMENT_POSITIONAL && argument_is_option(spec))
        len = snprintf(name, sizeof(name), "%s, -%c, --%s %s", metavar, spec->letter, spec->name,
                       metavar);
    else if (spec->flags & ARGUMENT_POSITIONAL)
        len = snprintf(name, sizeof(name), "%s", metavar);
    else if (spec->letter != 0)
        len = snprintf(name, sizeof(name), "-%c, --%s%s%s", spec->letter, spec->name,
                       spec->type == ARGUMENT_FLAG ? "" : " ",
                       spec->type == ARGUMENT_FLAG ? "" : metavar);
    else
        len = snprintf(name, sizeof(name), "    --%s%s%s", spec->name,
                       spec->type == ARGUMENT_FLAG ? "" : " ",
                       spec->type == ARGUMENT_FLAG ? "" : metavar);
    if (len < NAME_WIDTH)
        fprintf(to, "  %-*s", NAME_WIDTH, name);
    else
        fprintf(to, "  %s\n  %*s", name, NAME_WIDTH, "");
    fprintf(to, "%s", spec->help != NULL ? spec->help : "");
    notes_of(spec, to);
    fprintf(to, "\n");
}

static void show_arguments(const char *title, const struct argument *specs, size_t n, FILE *to)
{
    if (n == 0)
        return;
    fprintf(to, "\n%s:\n", title);
    for (size_t i = 0; i < n; i++)
        show_argument(&specs[i], to);
}

static void show_columns(const struct question *question, FILE *to)
{
    fprintf(to, "\nAnswer:\n");
    for (const struct question_part *const *p = question->parts; *p != NULL; p++) {
        const struct question_part *part = *p;

        fprintf(to, "  %s: %s\n", part->name, part->meaning);
        for (size_t c = 0; c < part->ncolumns; c++)
            fprintf(to, "    %-*s%s\n", NAME_WIDTH - 2, part->columns[c].name,
                    part->columns[c].meaning);
    }
}

static void show_examples(const struct command *command, FILE *to)
{
    if (command->examples == NULL)
        return;
    fprintf(to, "\nExamples:\n");
    for (const char *const *e = command->examples; e[0] != NULL; e += 2)
        fprintf(to, "  %s\n      %s\n", e[0], e[1]);
}

void help_command(const struct command *command, FILE *to)
{
    help_usage(command, to);
    fprintf(to, "\n%c%s.\n",
            command->summary[0] -
                ('a' <= command->summary[0] && command->summary[0] <= 'z' ? 32 : 0),
            command->summary + 1);
    if (command->detail != NULL)
        fprintf(to, "\n%s", command->detail);
    show_arguments("Options", command->args, command->nargs, to);
    show_arguments("Options of every command", global_args, global_nargs, to);
    if (command->question != NULL)
        show_columns(command->question, to);
    show_examples(command, to);
}

static void list_command(const struct command *command, FILE *to)
{
    fprintf(to, "  %-*s %s\n", COMMAND_WIDTH, command->name, command->summary);
}

void help_overview(FILE *to)
{
    struct command command;

    fprintf(to,
            "Breadcrumb, a flight recorder for Python: run a program, then ask what it did.\n\n");
    help_usage(NULL, to);
    fprintf(to, "\nCommands:\n");
    for (size_t i = 0; command_at(i, &command); i++)
        if (!(command.flags & COMMAND_HIDDEN))
            list_command(&command, to);
    show_arguments("Options", global_args, global_nargs, to);
    fprintf(to,
            "\nExamples:\n"
            "  breadcrumb run -t 60 python app.py\n"
            "  breadcrumb list\n"
            "  breadcrumb query \"SELECT function_name, call_count FROM function_stats LIMIT 10\"\n"
            "\n'breadcrumb COMMAND --help' explains a command. Exit status: 0 success, 1 error, 2 "
            "nothing found.\n");
}

bool help_group(const char *name, FILE *to)
{
    size_t n = 0;
    struct command command;

    for (size_t i = 0; command_at(i, &command); i++) {
        if (command_in_group(&command, name) == NULL)
            continue;
        if (n++ == 0)
            fprintf(to, "usage: breadcrumb %s COMMAND [options]\n\nCommands:\n", name);
        list_command(&command, to);
    }
    if (n > 0)
        fprintf(to, "\n'breadcrumb %s COMMAND --help' explains one.\n", name);
    return n > 0;
}

int cmd_help(const struct cli *cli, int argc, char **argv)
{
    char *words[3] = {NULL};
    struct command command;
    struct error err;
    int n = 0;

    (void)argc;
    (void)argv;
    if (arguments_flag(cli->args, "all")) {
        help_all(stdout);
        return EXIT_CODE_OK;
    }
    for (size_t i = 0; i < cli->args->ngiven && n < 2; i++)
        words[n++] = (char *)(uintptr_t)cli->args->given[i].text;
    if (n == 0) {
        help_overview(stdout);
        return EXIT_CODE_OK;
    }
    if (n == 1 && help_group(words[0], stdout))
        return EXIT_CODE_OK;
    if (command_find_words(n, words, &command, &err) < 0)
        return cli_fail(cli, &err);
    help_command(&command, stdout);
    return EXIT_CODE_OK;
}
