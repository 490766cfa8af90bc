/* commands.h - all commands: the questions of the registry and what is no question. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

/* The options that every command has, before or after it. */
extern const struct argument global_args[];
extern const size_t global_nargs;

/* The command at a place in the order of --help; false past the last. */
bool command_at(size_t place, struct command *ret_command);
bool command_find(const char *name, struct command *ret_command);
/* The command that the first words name, and how many they are: two for the commands of a group (`config show`). ERR_USAGE
 * that names the nearest, or what the group has. */
int command_find_words(int argc, char **argv, struct command *ret_command, struct error *err);
/* What stands behind "GROUP " in the command's name, as `show` of `config show`; NULL: it is not of that group. */
const char *command_in_group(const struct command *command, const char *group);
/* ERR_USAGE that names the nearest command. */
int command_unknown(const char *name, struct error *err);

int cmd_ask(const struct cli *cli, int argc, char **argv);
int cmd_ingest(const struct cli *cli, int argc, char **argv);
int cmd_install_agent(const struct cli *cli, int argc, char **argv);
int cmd_serve_mcp(const struct cli *cli, int argc, char **argv);
int cmd_help(const struct cli *cli, int argc, char **argv);

/* describe.c: everything of every command, as JSON. */
void help_all(FILE *to);
/* help.c */
void help_overview(FILE *to);
void help_command(const struct command *command, FILE *to);
/* The commands that begin with "NAME ", as `config` has some. False: there are none, and nothing was printed. */
bool help_group(const char *name, FILE *to);
/* "usage: breadcrumb get [options] TRACE_ID"; command may be NULL. */
void help_usage(const struct command *command, FILE *to);

#endif
