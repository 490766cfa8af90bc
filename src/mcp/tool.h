/*
 * tool.h - the tools of an agent: those questions of the registry that say how an agent meets them (question.h). Their names,
 * schemas and the next calls to make all come from there. No state.
 */
#ifndef MCP_TOOL_H
#define MCP_TOOL_H

#include "base/base.h"
#include "base/buf.h"
#include "mcp/revision.h"
#include "query/question.h"

#define TOOL_PREFIX "breadcrumb__"

/* What every tool takes beside the question's own arguments. */
#define TOOL_TOKENS_DEFAULT 2000
#define TOOL_TOKENS_LEAST 200
#define TOOL_TOKENS_MOST 10000

/* A tool by the name in a call; breadcrumb_x, breadcrumb--x and x alone are taken too, because some clients change names. NULL: there is
 * none, or name is NULL. */
const struct question *tool_find(const char *name);
/* What a part of its answer is called here. */
const char *tool_part_name(const struct question *tool, const char *part);
/* The array of tools/list, as a revision knows it. */
void tool_put_list(enum revision revision, struct buf *out);
/* Whether its schema shows an argument, or requires it. */
bool tool_shows(const struct question *tool, const struct argument *spec);
bool tool_requires(const struct question *tool, const struct argument *spec);
/* A next step as {"tool", "arguments", "why"}, with arguments that its schema shows; one that is no tool, or needs others, as
 * {"command", "why"}, with `again` behind it; one that only turns the page as nothing. */
void tool_put_step(const struct next_step *step, const char *again, struct buf *out);
/* Whether a step is the same question with the rows that come next. */
bool tool_turns_page(const struct next_step *step);
/* A text of ours as a JSON string for a caller who gives no options: "--limit 20" is "limit 20". tool NULL: as it is. */
void tool_put_words(const struct question *tool, const char *text, size_t limit, struct buf *out);
/* An argument as schemas name it: `-` is not liked in names. Written into `space`. */
const char *tool_argument_name(const struct argument *spec, char *space, size_t size);
/* The argument of a name; `-` and `_` are one letter. NULL: there is none. */
const struct argument *tool_argument(const struct question *tool, const char *name);

#endif
