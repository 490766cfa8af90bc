/* agents.c - see agents.h. */
#include "base/base.h"

#include "mcp/agents_edit.h"
#include "pages_text.h"

#define SKILL "/skills/breadcrumb/SKILL.md"

/* Where clients look is theirs to say: their documentation, as of November 2026. */
const struct agent agents[] = {
    {"claude-code", "Claude Code", ".mcp.json", ".claude.json", "mcpServers", true, false,
     ".claude" SKILL, ".claude" SKILL},
    {"codex", "Codex", ".codex/config.toml", ".codex/config.toml", "mcp_servers", false, true,
     ".agents" SKILL, ".agents" SKILL},
    {"cursor", "Cursor", ".cursor/mcp.json", ".cursor/mcp.json", "mcpServers", false, false,
     ".cursor" SKILL, ".cursor" SKILL},
    {"vscode", "VS Code", ".vscode/mcp.json", ".config/Code/User/mcp.json", "servers", true, false,
     ".github" SKILL, ".copilot" SKILL},
    {"gemini", "Gemini CLI", ".gemini/settings.json", ".gemini/settings.json", "mcpServers", false,
     false, ".gemini" SKILL, ".gemini" SKILL},
    {"generic", "any client", ".mcp.json", NULL, "mcpServers", false, false, NULL, NULL},
};
const size_t agents_n = ARRAY_SIZE(agents);
const char *const agent_names[] = {"claude-code", "codex",   "cursor", "vscode",
                                   "gemini",      "generic", NULL};

const struct agent *agent_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(agents); i++)
        if (strcmp(agents[i].name, name) == 0)
            return &agents[i];
    return NULL;
}

const char *agent_skill(size_t *ret_len)
{
    *ret_len = sizeof(page_skill);
    return (const char *)page_skill;
}

int agents_unreadable(const char *why, struct error *err)
{
    error_set(err, ERR_FAILED, "the configuration is not readable: %s", why);
    return error_suggest(err, "correct the file, or show what to write with --print");
}

int agent_edit(const struct agent *agent, const char *old, const char *program, bool out_of_it,
               struct buf *out, struct error *err)
{
    const char *text = old != NULL ? old : "";
    int ret = agent->toml ? agents_edit_toml(text, program, out_of_it, out, err)
                          : agents_edit_json(agent, text, program, out_of_it, out, err);

    if (ret == 0 && out->failed)
        ret = error_set(err, ERR_FAILED, "memory is out");
    return ret;
}
