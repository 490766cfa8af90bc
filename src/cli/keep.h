/* keep.h - the commands about the database as a whole: init, clear, prune, export, import. */
#ifndef CLI_KEEP_H
#define CLI_KEEP_H

#include "cli/cli.h"

void describe_init(struct command *ret_command);
void describe_clear(struct command *ret_command);
void describe_prune(struct command *ret_command);
void describe_export(struct command *ret_command);
void describe_import(struct command *ret_command);

/* What the settings retention_days and retention_mb ask for (0: nothing), after an ingest. */
int keep_by_settings(const char *db_path, int64_t days, int64_t megabytes, struct error *err);

#endif
