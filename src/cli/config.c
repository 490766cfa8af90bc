/* config.c - the table of the `config` commands. What they do is in config_show.c and config_change.c. */
#include "base/base.h"

#include "cli/config.h"
#include "cli/output.h"
#include "store/store.h"

#define NAME(required, what) \
    {.name = "name", .type = ARGUMENT_TEXT, .flags = ARGUMENT_POSITIONAL | (required), .help = what}

/* What the files of a person hold most often has an option of its own; all settings can be reached with --set. */
#define PATTERN(option, short_form, what) \
    {.name = option,                      \
     .letter = short_form,                \
     .type = ARGUMENT_TEXT,               \
     .flags = ARGUMENT_REPEATS,           \
     .metavar = "PATTERN",                \
     .help = what}
#define VALUES                                                                                   \
    PATTERN("include", 'i', "modules to record; replaces the list"),                             \
        PATTERN("exclude", 'e', "modules to leave out; replaces the list"),                      \
        {.name = "sample-rate",                                                                  \
         .type = ARGUMENT_TEXT,                                                                  \
         .metavar = "F",                                                                         \
         .help = "share of calls to record, from 0.0 to 1.0"},                                   \
        {.name = "workspace-only",                                                               \
         .type = ARGUMENT_FLAG,                                                                  \
         .help = "record the workspace's own code only, not installed packages"},                \
        {.name = "all-code",                                                                     \
         .type = ARGUMENT_FLAG,                                                                  \
         .help = "record installed packages and the standard library too"},                      \
        {.name = "enabled", .type = ARGUMENT_FLAG, .help = "record"},                            \
        {.name = "disabled", .type = ARGUMENT_FLAG, .help = "do not record at all"},             \
    {                                                                                            \
        .name = "set", .type = ARGUMENT_TEXT, .flags = ARGUMENT_REPEATS, .metavar = "KEY=VALUE", \
        .help = "any setting; 'breadcrumb config keys' lists them"                               \
    }

static const struct argument SHOW_ARGS[] = {
    NAME(0, "a profile; without it, what applies here without one"),
};

static const struct argument CREATE_ARGS[] = {
    NAME(ARGUMENT_REQUIRED, "what the profile is called"),
    VALUES,
    {.name = "force", .letter = 'f', .type = ARGUMENT_FLAG, .help = "overwrite it if it is there"},
};

static const struct argument EDIT_ARGS[] = {
    NAME(0, "the profile; without it, that of -c, or else config.yaml"),
    VALUES,
    PATTERN("add-include", 0, "one more in the list of modules to record"),
    PATTERN("add-exclude", 0, "one more in the list of modules to leave out"),
    PATTERN("remove-include", 0, "one less in the list of modules to record"),
    PATTERN("remove-exclude", 0, "one less in the list of modules to leave out"),
    {.name = "unset",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_REPEATS,
     .metavar = "KEY",
     .help = "leave a setting to what is weaker: remove its lines"},
};

static const struct argument DELETE_ARGS[] = {
    NAME(ARGUMENT_REQUIRED, "the profile to remove"),
};

static const struct argument VALIDATE_ARGS[] = {
    NAME(0, "a profile; without it, config.yaml and the environment"),
    {.name = "module",
     .letter = 'm',
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_REPEATS,
     .metavar = "MODULE",
     .help = "say of a module (its dotted name or its file) whether it would be recorded, and why"},
};

static const char *const SHOW_EXAMPLES[] = {
    "breadcrumb config show",
    "all settings as they apply here, and where each comes from",
    "breadcrumb config show flock --format table",
    "the same with the profile flock",
    NULL,
};
static const char *const KEYS_EXAMPLES[] = {"breadcrumb config keys --format table",
                                            "every setting, its default and its range", NULL};
static const char *const LIST_EXAMPLES[] = {"breadcrumb config list", "all profiles", NULL};
static const char *const CREATE_EXAMPLES[] = {
    "breadcrumb config create flock --include 'flock.*' --exclude '*webhook*'",
    "a profile that records flock, but not its webhooks",
    "breadcrumb config create production --sample-rate 0.1",
    "one call of ten",
    NULL,
};
static const char *const EDIT_EXAMPLES[] = {
    "breadcrumb config edit flock --add-exclude 'flock.logging*'",
    "leave out some more",
    "breadcrumb config edit --set max_chars=500",
    "for all runs: longer strings",
    NULL,
};
static const char *const DELETE_EXAMPLES[] = {"breadcrumb config delete old-config",
                                              "remove a profile", NULL};
static const char *const VALIDATE_EXAMPLES[] = {
    "breadcrumb config validate flock",
    "look for mistakes in a profile",
    "breadcrumb config validate flock -m flock.api -m json",
    "and say which of these modules would be recorded, and by which rule",
    NULL,
};

#define COMMAND(word, does, arguments, examples_, function) \
    {.name = "config " word,                                \
     .summary = does,                                       \
     .args = arguments,                                     \
     .nargs = ARRAY_SIZE(arguments),                        \
     .examples = examples_,                                 \
     .run = function}

static const struct command COMMANDS[] = {
    COMMAND("show", "say which settings apply, and where each value comes from", SHOW_ARGS,
            SHOW_EXAMPLES, cmd_config_show),
    {.name = "config keys",
     .summary = "list every setting: type, default, range, environment, option",
     .examples = KEYS_EXAMPLES,
     .run = cmd_config_keys},
    {.name = "config list",
     .summary = "list all profiles",
     .examples = LIST_EXAMPLES,
     .run = cmd_config_list},
    COMMAND("create", "make a profile: settings under a name, for -c NAME", CREATE_ARGS,
            CREATE_EXAMPLES, cmd_config_create),
    COMMAND("edit", "change a profile or config.yaml; comments and order stay", EDIT_ARGS,
            EDIT_EXAMPLES, cmd_config_edit),
    COMMAND("delete", "remove a profile", DELETE_ARGS, DELETE_EXAMPLES, cmd_config_delete),
    COMMAND("validate",
            "look for mistakes in settings, and say what would be recorded by which rule",
            VALIDATE_ARGS, VALIDATE_EXAMPLES, cmd_config_validate),
};

bool config_command_at(size_t place, struct command *ret_command)
{
    if (place >= ARRAY_SIZE(COMMANDS))
        return false;
    *ret_command = COMMANDS[place];
    return true;
}

int config_profile(const struct cli *cli, const char **ret_name, struct error *err)
{
    const char *name = arguments_text(cli->args, "name");

    *ret_name = name != NULL ? name : cli->config;
    if (name == NULL || cli->config == NULL || strcmp(name, cli->config) == 0)
        return 0;
    error_set(err, ERR_USAGE, "two profiles are named: '%.100s', and '%.100s' with --config", name,
              cli->config);
    return error_suggest(err, "name one of them");
}

int config_end(const struct cli *cli, struct answer *answer, int ret, struct error *err)
{
    struct target to = output_target(stdout);

    answer->schema_version = store_schema_newest();
    if (ret == 0 && answer->failed)
        ret = error_set(err, ERR_FAILED, "out of memory");
    if (ret == 0)
        ret = format_write(cli->format, answer, &to, err);
    if (ret < 0 && ferror(stdout))
        ret = 0;
    answer_release(answer);
    return ret < 0 ? cli_fail(cli, err) : EXIT_CODE_OK;
}
