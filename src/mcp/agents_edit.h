/*
 * agents_edit.h - the two notations of clients' configurations, edited as text so that everything else stays as it is, comments, order
 * and blanks too. For agents.c only. No state.
 */
#ifndef MCP_AGENTS_EDIT_H
#define MCP_AGENTS_EDIT_H

#include "mcp/agents.h"

#define AGENTS_SERVER "breadcrumb"

/* As agent_edit(); old is never NULL. */
int agents_edit_json(const struct agent *agent, const char *old, const char *program,
                     bool out_of_it, struct buf *out, struct error *err);
int agents_edit_toml(const char *old, const char *program, bool out_of_it, struct buf *out,
                     struct error *err);
/* The error for a text that is left alone. */
int agents_unreadable(const char *why, struct error *err);

#endif
