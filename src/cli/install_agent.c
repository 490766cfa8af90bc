/* install_agent.c - the command `install-agent`: makes an agent's client start our server, and teaches the agent how to use it. */
#include "base/base.h"

#include "base/io.h"
#include "cli/commands.h"
#include "cli/install_agent.h"
#include "mcp/agents.h"

#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT_AGENT_BYTES (4 * 1024 * 1024)
#define CONFIG_MODE 0644
#define FOLDER_MODE 0755

const struct argument install_agent_args[] = {
    {.name = "client",
     .type = ARGUMENT_CHOICE,
     .flags = ARGUMENT_POSITIONAL,
     .choices = agent_names,
     .fallback = "generic",
     .help = "claude-code, codex, cursor, vscode, gemini or generic: whose configuration"},
    {.name = "project", .type = ARGUMENT_FLAG, .help = "that of this folder; the default"},
    {.name = "user", .type = ARGUMENT_FLAG, .help = "that of all your projects"},
    {.name = "print", .type = ARGUMENT_FLAG, .help = "show what would change, and change nothing"},
    {.name = "remove", .type = ARGUMENT_FLAG, .help = "take out again what was put in"},
};
const size_t install_agent_nargs = ARRAY_SIZE(install_agent_args);

struct file {
    char *path;          /* Owned */
    struct buf old, new; /* Owned */
    unsigned mode;       /* as it had or gets it: it may hold secrets */
    bool there;          /* it exists */
    bool gone;           /* it is to be deleted */
};

static void file_release(struct file *file)
{
    free(file->path);
    buf_release(&file->old);
    buf_release(&file->new);
}

static int file_open(struct file *file, const char *folder, const char *name, struct error *err)
{
    struct stat st;
    char *real;
    int ret;

    *file = (struct file){.path = io_join(folder, name),
                          .old = BUF_INIT(LIMIT_AGENT_BYTES),
                          .new = BUF_INIT(2 * LIMIT_AGENT_BYTES)};
    if (file->path == NULL)
        return error_set(err, ERR_FAILED, "memory is out");
    file->mode = CONFIG_MODE;
    file->there = stat(file->path, &st) == 0;
    if (!file->there)
        return 0;
    file->mode = st.st_mode & 07777;
    /* A link (to a folder of such files under version control) stays one: what it points at is written. */
    real = realpath(file->path, NULL);
    if (real != NULL) {
        free(file->path);
        file->path = real;
    }
    ret = io_read_file(file->path, &file->old, err);
    if (ret == 0 && strlen(buf_text(&file->old)) != file->old.len)
        ret = error_set(err, ERR_FAILED, "the configuration '%s' is not UTF-8 text", file->path);
    return ret;
}

static bool file_changes(const struct file *file)
{
    return file->gone ? file->there
                      : !file->there || strcmp(buf_text(&file->old), buf_text(&file->new)) != 0;
}

/* ---- showing what changes ----------------------------------------------------------------------- */

static size_t line_len(const char *text)
{
    return strcspn(text, "\n");
}

static void say_lines(const char *text, const char *end, char mark)
{
    while (text < end && *text != '\0') {
        size_t len = line_len(text);

        printf("%c%.*s\n", mark, (int)len, text);
        text += len + (text[len] == '\n');
    }
}

/* The lines between what both begin and end with: the change is one piece. */
static void say_difference(const struct file *file)
{
    const char *a = buf_text(&file->old), *b = file->gone ? "" : buf_text(&file->new);
    const char *a_end = a + strlen(a), *b_end = b + strlen(b);
    size_t line = 1;

    while (*a != '\0' && line_len(a) == line_len(b) && strncmp(a, b, line_len(a) + 1) == 0) {
        b += line_len(a) + 1;
        a += line_len(a) + 1;
        line++;
    }
    while (a_end > a && b_end > b && a_end[-1] == b_end[-1]) {
        a_end--;
        b_end--;
    }
    /* Back to whole lines. */
    a_end += line_len(a_end) + (a_end[line_len(a_end)] == '\n');
    b_end += line_len(b_end) + (b_end[line_len(b_end)] == '\n');
    printf("--- %s\n+++ %s\n@@ line %zu @@\n", file->there ? file->path : "/dev/null",
           file->gone ? "/dev/null" : file->path, line);
    say_lines(a, a_end, '-');
    say_lines(b, b_end, '+');
}

/* ---- doing it ----------------------------------------------------------------------------------- */

static int make_folder(const char *path, struct error *err)
{
    char *copy = strdup(path);
    int ret = copy != NULL ? io_make_dirs(dirname(copy), FOLDER_MODE, err)
                           : error_set(err, ERR_FAILED, "memory is out");

    free(copy);
    return ret;
}

static int apply(const struct file *file, bool only_show, struct error *err)
{
    int ret;

    if (!file_changes(file)) {
        printf("%s: nothing to change\n", file->path);
        return 0;
    }
    say_difference(file);
    if (only_show)
        return 0;
    if (file->gone)
        return io_remove_tree(file->path, err);
    ret = make_folder(file->path, err);
    if (ret == 0)
        ret = io_write_atomic(file->path, buf_text(&file->new), file->new.len, file->mode, err);
    return ret;
}

/* The program by the name that the shell found it under, if that is on the PATH; else by its full path. */
static char *program_path(void)
{
    const char *path = getenv("PATH");
    char *folder = io_program_dir(), *full = folder != NULL ? io_join(folder, "breadcrumb") : NULL;
    size_t len = folder != NULL ? strlen(folder) : 0;

    for (const char *p = path; full != NULL && p != NULL && *p != '\0';
         p += strcspn(p, ":") + (p[strcspn(p, ":")] == ':'))
        if (strcspn(p, ":") == len && strncmp(p, folder, len) == 0) {
            free(full);
            full = strdup("breadcrumb");
            break;
        }
    free(folder);
    return full;
}

static int edit_config(const struct cli *cli, const struct agent *agent, const char *folder,
                       struct error *err)
{
    bool out_of_it = arguments_flag(cli->args, "remove");
    const char *name = arguments_flag(cli->args, "user") ? agent->user_path : agent->project_path;
    char *program = program_path();
    struct file file;
    int ret = file_open(&file, folder, name, err);

    if (ret == 0)
        ret = program != NULL ? agent_edit(agent, file.there ? buf_text(&file.old) : NULL, program,
                                           out_of_it, &file.new, err)
                              : error_set(err, ERR_FAILED, "memory is out");
    /* What only held our server goes as it came. */
    file.gone = out_of_it && (!file.there || (file.new.len == 0 && file.old.len > 0));
    if (ret == 0)
        ret = apply(&file, arguments_flag(cli->args, "print"), err);
    file_release(&file);
    free(program);
    return ret;
}

static int edit_skill(const struct cli *cli, const struct agent *agent, const char *folder,
                      struct error *err)
{
    const char *text;
    struct file file;
    size_t len;
    bool user = arguments_flag(cli->args, "user");
    int ret = file_open(&file, folder, user ? agent->user_skill : agent->project_skill, err);

    text = agent_skill(&len);
    buf_put(&file.new, text, len);
    file.gone = arguments_flag(cli->args, "remove");
    if (ret == 0)
        ret = apply(&file, arguments_flag(cli->args, "print"), err);
    file_release(&file);
    return ret;
}

static int install(const struct cli *cli, struct error *err)
{
    const struct agent *agent = agent_find(arguments_text(cli->args, "client"));
    bool user = arguments_flag(cli->args, "user");
    const char *folder = user ? getenv("HOME") : ".";
    int ret;

    if (user && arguments_flag(cli->args, "project"))
        return error_set(err, ERR_USAGE, "either --user or --project, not both");
    if (folder == NULL)
        return error_set(err, ERR_FAILED, "the variable HOME is not set");
    if (user && agent->user_path == NULL) {
        error_set(err, ERR_USAGE, "option --user: '%s' has no file for all projects", agent->name);
        return error_suggest(err, "name a client, or leave --user out");
    }
    ret = edit_config(cli, agent, folder, err);
    if (ret == 0 && agent->project_skill != NULL)
        ret = edit_skill(cli, agent, folder, err);
    return ret;
}

int cmd_install_agent(const struct cli *cli, int argc, char **argv)
{
    struct error err;

    (void)argc;
    (void)argv;
    return install(cli, &err) < 0 ? cli_fail(cli, &err) : EXIT_CODE_OK;
}
