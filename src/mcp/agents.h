/*
 * agents.h - writing our server into the configuration of an agent's client: what is there stays, what is ours is put in or taken out.
 *
 *     agent_edit(agent_find("cursor"), old_text, program, false, &new_text, err);
 *     ... write new_text if it differs ...
 *
 * No files are touched here.
 */
#ifndef MCP_AGENTS_H
#define MCP_AGENTS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"

struct agent {
    const char *name;
    const char *title;        /* "Claude Code" */
    const char *project_path; /* below the project's folder; NULL: it has no such file */
    const char *user_path;    /* below the home folder; NULL: it has no such file */
    const char *key;          /* the object that holds servers: "mcpServers" */
    bool has_type;            /* a server says "type": "stdio" */
    bool toml;                /* TOML instead of JSON */
    const char *project_skill,
        *user_skill; /* where it looks for skills, below the two; NULL: it knows none */
};

extern const struct agent agents[];
extern const size_t agents_n;
/* All names, NULL-terminated, for the choices of an option. */
extern const char *const agent_names[];
const struct agent *agent_find(const char *name);

/* Puts our server into a configuration (out_of_it: takes it out). old NULL: there is no file yet. The new text goes to out; it is the old one
 * byte for byte when nothing has to change, and what was not ours stays so in any case. "" when nothing is left.
 * ERR_FAILED when the old text is not what the client could read: it is left alone then. */
int agent_edit(const struct agent *agent, const char *old, const char *program, bool out_of_it,
               struct buf *out, struct error *err);

/* The skill file: Markdown with a head that clients read. Static. */
const char *agent_skill(size_t *ret_len);

#endif
