/* commands.c - see commands.h. A question becomes a command by itself; only other commands are listed here. */
#include "base/base.h"

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/config.h"
#include "cli/doctor.h"
#include "cli/ingest.h"
#include "cli/install_agent.h"
#include "cli/keep.h"
#include "cli/run.h"
#include "cli/serve_mcp.h"
#include "cli/set.h"
#include "query/question.h"
#include "render/format.h"
#include "settings/nearest.h"

const struct argument global_args[] = {
    {.name = "format",
     .letter = 'f',
     .type = ARGUMENT_CHOICE,
     .flags = ARGUMENT_REPEATS,
     .choices = format_names,
     .fallback = "json",
     .metavar = "FORMAT",
     .help = "how the answer is written: json, table, and where it is rows csv or jsonl"},
    {.name = "db-path",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_REPEATS,
     .metavar = "PATH",
     .help = "the database; by default .breadcrumb/traces.duckdb here or in one of 5 parents, else "
             "in ~"},
    {.name = "config",
     .letter = 'c',
     .type = ARGUMENT_TEXT,
     .metavar = "NAME",
     .help = "a profile of settings, made with 'breadcrumb config create NAME'"},
    {.name = "verbose",
     .letter = 'v',
     .type = ARGUMENT_FLAG,
     .help = "say on stderr what is used, and which SQL answers a question"},
    {.name = "help", .letter = 'h', .type = ARGUMENT_FLAG, .help = "show this and exit"},
    {.name = "version", .type = ARGUMENT_FLAG, .help = "show the version and exit"},
};
const size_t global_nargs = ARRAY_SIZE(global_args);

static const char *const RUN_EXAMPLES[] = {
    "breadcrumb run -t 60 python app.py",
    "trace a script for at most 60 s",
    "breadcrumb run -t 300 --include 'shop.*' pytest tests/",
    "only the modules of shop, under pytest",
    "breadcrumb run -t 30 --all-code -- python -m json.tool in.json",
    "libraries and the standard library too",
    NULL,
};

static const char *const INGEST_EXAMPLES[] = {
    "breadcrumb ingest",
    "move what was recorded into the database now",
    NULL,
};

static const char *const SERVE_MCP_EXAMPLES[] = {
    "breadcrumb serve-mcp",
    "answer an agent that started this, over stdin and stdout",
    "breadcrumb serve-mcp --port 8080 --token-file token",
    "answer agents on this machine over HTTP",
    NULL,
};

static const struct argument HELP_ARGS[] = {
    {.name = "command",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REPEATS,
     .help = "the command to explain, in one word or two"},
    {.name = "all",
     .type = ARGUMENT_FLAG,
     .help = "every command with its options and answers, as JSON"},
};

static const char *const HELP_EXAMPLES[] = {"breadcrumb help query", "explain one command", NULL};

static bool command_of_question(const struct question *question, struct command *ret_command)
{
    *ret_command = (struct command){
        .name = question->name,
        .summary = question->summary,
        .detail = question->detail,
        .args = question->args,
        .nargs = question->nargs,
        .examples = question->examples,
        .question = question,
        .run = cmd_ask,
    };
    return true;
}

static void describe_run(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "run",
        .summary = "run a command and record what its Python code does",
        .usage = "-t SECONDS [options] [--] CMD [ARG...]",
        .detail = "Our options end at the first word that is not one, or at '--'; everything "
                  "after it belongs to the\n"
                  "command. Its input and output are left alone; the report comes on stderr "
                  "when it has ended. The exit\n"
                  "status is the command's own; 124 after the timeout, 125 if it could not be "
                  "started.\n",
        .args = run_args,
        .nargs = run_nargs,
        .examples = RUN_EXAMPLES,
        .flags = COMMAND_TAKES_WORDS,
        .run = cmd_run,
    };
}

static void describe_ingest(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "ingest",
        .summary = "move what was recorded from the trails into the database",
        .detail = "Every question does this by itself first. It can be interrupted and run "
                  "again at any moment: each event\n"
                  "is stored exactly once.\n",
        .args = ingest_args,
        .nargs = ingest_nargs,
        .examples = INGEST_EXAMPLES,
        .run = cmd_ingest,
    };
}

static void describe_serve_mcp(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "serve-mcp",
        .summary = "answer an AI agent over the Model Context Protocol",
        .args = serve_mcp_args,
        .nargs = serve_mcp_nargs,
        .examples = SERVE_MCP_EXAMPLES,
        .run = cmd_serve_mcp,
    };
}

static const char *const INSTALL_AGENT_EXAMPLES[] = {
    "breadcrumb install-agent claude-code",
    "let Claude Code start the server in this project, and teach it the loop",
    "breadcrumb install-agent cursor --user --print",
    "show what would be written for all of your projects",
    NULL,
};

static void describe_install_agent(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "install-agent",
        .summary = "write the MCP configuration of an AI agent's client, and a skill file",
        .args = install_agent_args,
        .nargs = install_agent_nargs,
        .examples = INSTALL_AGENT_EXAMPLES,
        .run = cmd_install_agent,
    };
}

static void describe_help(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "help",
        .summary = "explain a command",
        .args = HELP_ARGS,
        .nargs = ARRAY_SIZE(HELP_ARGS),
        .examples = HELP_EXAMPLES,
        .run = cmd_help,
    };
}

/* What is no question. `run` comes first: everything begins with it. */
static void (*const OTHERS[])(struct command *) = {
    describe_run,        describe_init,     describe_ingest, describe_prune,
    describe_export,     describe_import,   describe_clear,  describe_serve_mcp,
    describe_completion, describe_complete, describe_help,   describe_install_agent,
    describe_set,        describe_doctor,
};

static bool other_command(size_t place, struct command *ret_command)
{
    if (place >= ARRAY_SIZE(OTHERS))
        return config_command_at(place - ARRAY_SIZE(OTHERS), ret_command);
    OTHERS[place](ret_command);
    return true;
}

bool command_at(size_t place, struct command *ret_command)
{
    size_t nquestions = 0;

    if (place == 0)
        return other_command(0, ret_command);
    while (questions[nquestions] != NULL)
        nquestions++;
    if (place <= nquestions)
        return command_of_question(questions[place - 1], ret_command);
    return other_command(place - nquestions, ret_command);
}

bool command_find(const char *name, struct command *ret_command)
{
    struct command command;

    for (size_t i = 0; command_at(i, &command); i++)
        if (strcmp(command.name, name) == 0) {
            *ret_command = command;
            return true;
        }
    return false;
}

const char *command_in_group(const struct command *command, const char *group)
{
    size_t len = strlen(group);

    return strncmp(command->name, group, len) == 0 && command->name[len] == ' '
               ? command->name + len + 1
               : NULL;
}

/* The commands of a group as words of a message, "" when it is none. */
static void group_of(const char *name, char *ret, size_t size)
{
    const char *word;
    size_t used = 0;
    struct command command;

    ret[0] = '\0';
    for (size_t i = 0; command_at(i, &command); i++)
        if ((word = command_in_group(&command, name)) != NULL && used < size)
            used += (size_t)snprintf(ret + used, size - used, "%s%s", used > 0 ? ", " : "", word);
}

int command_find_words(int argc, char **argv, struct command *ret_command, struct error *err)
{
    char both[100], group[200];

    if (command_find(argv[0], ret_command))
        return 1;
    if (argc > 1) {
        snprintf(both, sizeof(both), "%s %s", argv[0], argv[1]);
        if (command_find(both, ret_command))
            return 2;
    }
    group_of(argv[0], group, sizeof(group));
    if (group[0] == '\0')
        return command_unknown(argv[0], err);
    if (argc > 1 && argv[1][0] != '-')
        return command_unknown(both, err);
    error_set(err, ERR_USAGE, "'%s' needs a word behind it", argv[0]);
    return error_suggest(err, "one of: %s; 'breadcrumb help %s' explains them", group, argv[0]);
}

int command_unknown(const char *name, struct error *err)
{
    struct nearest nearest = nearest_begin(name);
    struct command command;

    for (size_t i = 0; command_at(i, &command); i++)
        if (!(command.flags & COMMAND_HIDDEN))
            nearest_offer(&nearest, command.name);
    error_set(err, ERR_USAGE, "unknown command '%.200s'", name);
    if (nearest.best != NULL)
        return error_suggest(err, "did you mean 'breadcrumb %s'?", nearest.best);
    return error_suggest(err, "see 'breadcrumb --help' for all commands");
}
