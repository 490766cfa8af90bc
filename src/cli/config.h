/*
 * config.h - the commands of the group `config`: settings that are kept in files.
 *
 *     config.c         the table of the commands and of their options
 *     config_show.c    show, keys, list
 *     config_validate.c  validate
 *     config_change.c  create, edit, delete
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/cli.h"
#include "query/answer.h"

/* The commands in the order of --help; false past the last. */
bool config_command_at(size_t place, struct command *ret_command);

int cmd_config_show(const struct cli *cli, int argc, char **argv);
int cmd_config_keys(const struct cli *cli, int argc, char **argv);
int cmd_config_list(const struct cli *cli, int argc, char **argv);
int cmd_config_validate(const struct cli *cli, int argc, char **argv);
int cmd_config_create(const struct cli *cli, int argc, char **argv);
int cmd_config_edit(const struct cli *cli, int argc, char **argv);
int cmd_config_delete(const struct cli *cli, int argc, char **argv);

/* The profile that a command of the group is about: its NAME, or else -c; NULL: none was given. Two that differ are an error. */
int config_profile(const struct cli *cli, const char **ret_name, struct error *err);

/* Writes an answer to stdout and releases it. `ret` negative: says the error instead. Returns the exit status. */
int config_end(const struct cli *cli, struct answer *answer, int ret, struct error *err);

#endif
