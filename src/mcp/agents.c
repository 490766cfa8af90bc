/* agents.c - see agents.h. */
#include "base/base.h"

#include "mcp/agents.h"
#include "mcp/message.h"
#include "pages_text.h"

#define SERVER "breadcrumb"
#define TOML_HEAD "[mcp_servers." SERVER "]"

const struct agent agents[] = {
    {"claude-code", "Claude Code", ".mcp.json", ".claude.json", "mcpServers", true, false,
     ".claude/skills/breadcrumb/SKILL.md"},
    {"codex", "Codex", ".codex/config.toml", ".codex/config.toml", "mcp_servers", false, true,
     ".codex/skills/breadcrumb/SKILL.md"},
    {"cursor", "Cursor", ".cursor/mcp.json", ".cursor/mcp.json", "mcpServers", false, false, NULL},
    {"vscode", "VS Code", ".vscode/mcp.json", ".config/Code/User/mcp.json", "servers", true, false,
     NULL},
    {"gemini", "Gemini CLI", ".gemini/settings.json", ".gemini/settings.json", "mcpServers", false,
     false, NULL},
    {"generic", "any client", ".mcp.json", NULL, "mcpServers", false, false, NULL},
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

static int unreadable(const char *why, struct error *err)
{
    error_set(err, ERR_FAILED, "the configuration is not readable: %s", why);
    return error_suggest(err, "correct the file, or show what to write with --print");
}

/* ---- JSON --------------------------------------------------------------------------------------- */

static json_t *server_object(const struct agent *agent, const char *program)
{
    json_t *server = json_object();

    if (agent->has_type)
        json_object_set_new(server, "type", json_string("stdio"));
    json_object_set_new(server, "command", json_string(program));
    json_object_set_new(server, "args", json_pack("[s]", "serve-mcp"));
    return server;
}

/* Indented as the file is: by as many blanks as its first indented line has, or by two. */
static size_t indent_of(const char *text)
{
    const char *line = text != NULL ? strstr(text, "\n ") : NULL;
    size_t n = line != NULL ? strspn(line + 1, " ") : 2;

    return n <= 8 ? n : 2;
}

static void change_json(json_t *root, const struct agent *agent, const char *program,
                        bool out_of_it)
{
    json_t *servers = json_object_get(root, agent->key);

    if (out_of_it) {
        json_object_del(servers, SERVER);
        if (json_is_object(servers) && json_object_size(servers) == 0)
            json_object_del(root, agent->key);
        return;
    }
    if (servers == NULL) {
        json_object_set_new(root, agent->key, json_object());
        servers = json_object_get(root, agent->key);
    }
    json_object_set_new(servers, SERVER, server_object(agent, program));
}

static int edit_json(const struct agent *agent, const char *old, const char *program,
                     bool out_of_it, struct buf *out, struct error *err)
{
    bool blank = old == NULL || strspn(old, " \t\r\n") == strlen(old);
    json_t *root = blank ? json_object() : json_loads(old, JSON_REJECT_DUPLICATES, NULL);
    json_t *before = NULL;
    char *text = NULL;
    int ret = 0;

    if (!json_is_object(root)) {
        ret = unreadable("it is not a JSON object (comments are not JSON)", err);
        goto out;
    }
    if (json_object_get(root, agent->key) != NULL &&
        !json_is_object(json_object_get(root, agent->key))) {
        ret = unreadable("its servers are not an object", err);
        goto out;
    }
    before = json_deep_copy(root);
    change_json(root, agent, program, out_of_it);
    if (json_equal(before, root)) {
        buf_puts(out, old != NULL ? old : "");
        goto out;
    }
    text = json_dumps(root, JSON_INDENT(indent_of(old)));
    if (text == NULL)
        ret = error_set(err, ERR_FAILED, "memory is out");
    else
        buf_putf(out, "%s\n", text);
out:
    free(text);
    json_decref(before);
    json_decref(root);
    return ret;
}

/* ---- TOML ----------------------------------------------------------------------------------------- */

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');

    return end != NULL ? end + 1 : line + strlen(line);
}

/* Our table is written by us, as lines of its own; so it is found by its head and ends before the next one. */
static const char *find_table(const char *text, const char **ret_end)
{
    for (const char *line = text; *line != '\0'; line = next_line(line)) {
        const char *at = line + strspn(line, " \t");

        if (strncmp(at, TOML_HEAD, strlen(TOML_HEAD)) != 0)
            continue;
        *ret_end = next_line(line);
        while (**ret_end != '\0' && (*ret_end)[strspn(*ret_end, " \t")] != '[')
            *ret_end = next_line(*ret_end);
        return line;
    }
    return NULL;
}

static void put_table(struct buf *out, const char *program)
{
    buf_puts(out, TOML_HEAD "\ncommand = \"");
    for (; *program != '\0'; program++)
        buf_putf(out, *program == '"' || *program == '\\' ? "\\%c" : "%c", *program);
    buf_puts(out, "\"\nargs = [\"serve-mcp\"]\n");
}

static int edit_toml(const char *old, const char *program, bool out_of_it, struct buf *out)
{
    const char *text = old != NULL ? old : "", *end = NULL;
    const char *table = find_table(text, &end);
    size_t before = table != NULL ? (size_t)(table - text) : strlen(text);

    buf_put(out, text, before);
    if (!out_of_it) {
        if (table == NULL && before > 0)
            buf_puts(out, text[before - 1] == '\n' ? "\n" : "\n\n");
        put_table(out, program);
        if (table != NULL && *end != '\0')
            buf_putc(out, '\n');
    } else if (table != NULL && *end == '\0') {
        /* The blank line that stood before it. */
        while (out->len > 1 && out->data[out->len - 1] == '\n' && out->data[out->len - 2] == '\n')
            out->data[--out->len] = '\0';
    }
    buf_puts(out, table != NULL ? end : "");
    return 0;
}

int agent_edit(const struct agent *agent, const char *old, const char *program, bool out_of_it,
               struct buf *out, struct error *err)
{
    int ret = agent->toml ? edit_toml(old, program, out_of_it, out)
                          : edit_json(agent, old, program, out_of_it, out, err);

    if (ret == 0 && out->failed)
        ret = error_set(err, ERR_FAILED, "memory is out");
    return ret;
}
