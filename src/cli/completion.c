/*
 * completion.c - what a shell offers after TAB. `completion SHELL` prints a few lines for the shell, which call `__complete WORDS...`; that
 * looks at the tables of commands and arguments, and for functions and traces into the database. So the three shells agree, and a new
 * option needs no line here.
 */
#include "base/base.h"

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/completion_settings.h"
#include "query/question.h"
#include "store/store.h"

#define MOST_NAMES 200 /* functions or traces offered */

/* ---- the shells' side ----------------------------------------------------------------------- */

static const char BASH[] =
    "# breadcrumb completion bash > ~/.local/share/bash-completion/completions/breadcrumb\n"
    "_breadcrumb() {\n"
    "    local IFS=$'\\n' word\n"
    "    COMPREPLY=()\n"
    "    # Words as we see them: bash has cut them at ':' and '='.\n"
    "    local line=${COMP_LINE:0:COMP_POINT} words cur\n"
    "    IFS=$' \\t\\n' read -r -a words <<<\"$line\"\n"
    "    [[ $line == *[[:space:]] ]] && words+=(\"\")\n"
    "    cur=${words[${#words[@]}-1]}\n"
    "    while IFS=$'\\t' read -r word _; do COMPREPLY+=(\"$word\"); done < <(breadcrumb __complete \"${words[@]:1}\" 2>/dev/null)\n"
    "    [[ $cur == *:* ]] && declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions \"$cur\"\n"
    "    [[ $cur == *=* && $COMP_WORDBREAKS == *=* ]] && COMPREPLY=(\"${COMPREPLY[@]#\"${cur%\"${cur##*=}\"}\"}\")\n"
    "    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null\n"
    "    return 0\n"
    "}\n"
    "complete -o default -F _breadcrumb breadcrumb\n";
static const char ZSH[] =
    "#compdef breadcrumb\n"
    "# breadcrumb completion zsh > ~/.zfunc/_breadcrumb   (with fpath+=~/.zfunc before compinit)\n"
    "_breadcrumb() {\n"
    "    local -a found\n"
    "    local word about\n"
    "    while IFS=$'\\t' read -r word about; do found+=(\"${word//:/\\\\:}:$about\"); done "
    "< <(breadcrumb __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
    "    if (( $#found )); then _describe breadcrumb found; else _files; fi\n"
    "}\n"
    "if [ \"$funcstack[1]\" = _breadcrumb ]; then _breadcrumb \"$@\"; else compdef _breadcrumb breadcrumb; fi\n";
static const char FISH[] =
    "# breadcrumb completion fish > ~/.config/fish/completions/breadcrumb.fish\n"
    "function __breadcrumb_complete\n"
    "    set -l words (commandline -opc)[2..-1] (commandline -ct)\n"
    "    breadcrumb __complete $words 2>/dev/null\n"
    "end\n"
    "complete -c breadcrumb -a '(__breadcrumb_complete)'\n";

static const char *const SHELLS[] = {"bash", "zsh", "fish", NULL};
static const struct argument ARGS[] = {
    {.name = "shell",
     .type = ARGUMENT_CHOICE,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED,
     .choices = SHELLS,
     .help = "bash, zsh or fish"},
};
static const char *const EXAMPLES[] = {
    "breadcrumb completion bash",
    "the lines for bash; the first of them says where they go",
    NULL,
};

static int cmd_completion(const struct cli *cli, int argc, char **argv)
{
    const char *shell = arguments_text(cli->args, "shell");

    (void)argc;
    (void)argv;
    fputs(strcmp(shell, "bash") == 0 ? BASH : strcmp(shell, "zsh") == 0 ? ZSH : FISH, stdout);
    return EXIT_CODE_OK;
}

void describe_completion(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "completion",
        .summary = "print what a shell needs to complete commands, options, functions and traces",
        .args = ARGS,
        .nargs = ARRAY_SIZE(ARGS),
        .examples = EXAMPLES,
        .run = cmd_completion,
    };
}

/* ---- our side ------------------------------------------------------------------------------- */

struct completing {
    struct cli cli;   /* with the --db-path and --config of the words */
    const char *word; /* that the cursor stands behind: what is offered begins so */
    struct command command;
    bool found; /* the command */
    size_t nth; /* positional words before the cursor */
};

/* A line for the shell: control characters would end it early. */
static void offer(const struct completing *c, const char *text, const char *about)
{
    if (strncmp(text, c->word, strlen(c->word)) != 0)
        return;
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ')
            return;
    printf("%s\t%s\n", text, about != NULL ? about : "");
}

static void offer_setting(const void *ctx, const char *text, const char *about)
{
    offer(ctx, text, about);
}

static void offer_commands(const struct completing *c, const char *group)
{
    size_t len = group != NULL ? strlen(group) : 0;
    struct command command;
    char first[64], last[64] = "";

    for (size_t i = 0; command_at(i, &command); i++) {
        const char *name = command.name;

        if (command.flags & COMMAND_HIDDEN ||
            (group != NULL && (strncmp(name, group, len) != 0 || name[len] != ' ')))
            continue;
        name += group != NULL ? len + 1 : 0;
        snprintf(first, sizeof(first), "%.*s", (int)strcspn(name, " "), name);
        if (strcmp(first, last) != 0)
            offer(c, first, strchr(name, ' ') != NULL ? "" : command.summary);
        snprintf(last, sizeof(last), "%s", first);
    }
}

static void offer_options(const struct completing *c, const struct argument *specs, size_t n)
{
    char option[80];

    for (size_t i = 0; i < n; i++) {
        if (!argument_is_option(&specs[i]) || specs[i].flags & ARGUMENT_HIDDEN)
            continue;
        snprintf(option, sizeof(option), "--%s", specs[i].name);
        offer(c, option, specs[i].help);
    }
}

/* Rows of two texts from the database, if there is one and nobody writes: a shell must not wait, nor make anything. */
static void offer_rows(const struct completing *c, const char *sql)
{
    struct store_param params[] = {store_text("word", c->word), store_int("most", MOST_NAMES)};
    struct store_query query = {.sql = sql, .params = params, .nparams = 2, .timeout_ms = 1000};
    char *path = cli_database(&c->cli, NULL);
    struct store *store = NULL;
    struct rows *rows = NULL;

    if (path != NULL && store_open(&store, path, STORE_READ, 0, NULL) == 0 &&
        store_query(store, &query, &rows, NULL) == 0)
        while (rows_next(rows, NULL) > 0) {
            const char *about = rows_text(rows, 1, NULL);

            offer(c, rows_text(rows, 0, NULL),
                  about != NULL && strpbrk(about, "\t\r\n") == NULL ? about : "");
        }
    rows_free(rows);
    store_close(store);
    free(path);
}

static void offer_values(const struct completing *c, const struct argument *spec)
{
    static const char *const TIMES[] = {"30m",   "1h",        "1d",   "1w",
                                        "today", "yesterday", "last", NULL};
    const char *const *words = spec->type == ARGUMENT_CHOICE ? spec->choices
                               : spec->type == ARGUMENT_TIME ? TIMES
                                                             : NULL;

    for (; words != NULL && *words != NULL; words++)
        offer(c, *words, "");
    if (spec->type == ARGUMENT_TRACE) {
        offer(c, "last", "the latest trace");
        offer(c, "last~1", "the one before");
        offer_rows(
            c,
            "SELECT id::VARCHAR, command FROM traces WHERE starts_with(id::VARCHAR, $word) ORDER BY started_at DESC LIMIT $most");
    }
    if (spec->type == ARGUMENT_FUNCTION)
        offer_rows(
            c,
            "SELECT name, any_value(file) FROM (SELECT function_name AS name, file_path AS file, id FROM functions UNION ALL SELECT module_name || '.' || function_name, file_path, id FROM functions) "
            "WHERE starts_with(name, $word) AND id IN (SELECT function_id FROM stat_rows) GROUP BY name ORDER BY name LIMIT $most");
    if (strcmp(spec->name, "command") == 0)
        offer_commands(c, NULL);
    complete_settings(spec, c->found ? c->command.name : "", c->word, offer_setting, c);
}

/* The option that a word names; NULL when it is none. */
static const struct argument *option_of(const struct completing *c, const char *word)
{
    const struct argument *sets[] = {c->found ? c->command.args : NULL, global_args};
    const size_t counts[] = {c->found ? c->command.nargs : 0, global_nargs};

    for (size_t s = 0; s < ARRAY_SIZE(sets); s++)
        for (size_t i = 0; i < counts[s]; i++) {
            const struct argument *spec = &sets[s][i];

            if (!argument_is_option(spec))
                continue;
            if ((word[0] == '-' && word[1] == '-' && strcmp(word + 2, spec->name) == 0) ||
                (word[0] == '-' && word[1] == spec->letter && spec->letter != 0 && word[2] == '\0'))
                return spec;
        }
    return NULL;
}

/* Goes through the words before the cursor. Returns the option that waits for its value there, or NULL. */
static const struct argument *walk(struct completing *c, int argc, char **argv,
                                   const char **ret_group)
{
    const struct argument *waits = NULL;

    for (int i = 0; i < argc; i++) {
        struct error ignored;

        if (waits != NULL) {
            if (strcmp(waits->name, "db-path") == 0)
                c->cli.db_path = argv[i];
            if (strcmp(waits->name, "config") == 0)
                c->cli.config = argv[i];
            waits = NULL;
        } else if (argv[i][0] == '-') {
            waits = option_of(c, argv[i]);
            if (waits != NULL && waits->type == ARGUMENT_FLAG)
                waits = NULL;
        } else if (c->found) {
            c->nth++;
        } else if (command_find_words(argc - i, argv + i, &c->command, &ignored) > 0) {
            c->found = true;
            i += strchr(c->command.name, ' ') != NULL;
        } else {
            *ret_group = argv[i];
        }
    }
    return waits;
}

static int cmd_complete(const struct cli *cli, int argc, char **argv)
{
    struct completing c = {.cli = *cli, .word = argc > 0 ? argv[argc - 1] : ""};
    const char *group = NULL;
    const struct argument *waits = walk(&c, argc > 0 ? argc - 1 : 0, argv, &group);
    size_t nth = 0;

    if (waits != NULL) {
        offer_values(&c, waits);
    } else if (c.word[0] == '-') {
        if (c.found)
            offer_options(&c, c.command.args, c.command.nargs);
        offer_options(&c, global_args, global_nargs);
    } else if (!c.found) {
        offer_commands(&c, group);
    } else {
        for (size_t i = 0; i < c.command.nargs; i++)
            if (c.command.args[i].flags & ARGUMENT_POSITIONAL &&
                (nth++ == c.nth || (c.command.args[i].flags & ARGUMENT_REPEATS && nth <= c.nth)))
                offer_values(&c, &c.command.args[i]);
    }
    return EXIT_CODE_OK;
}

void describe_complete(struct command *ret_command)
{
    *ret_command = (struct command){
        .name = "__complete",
        .summary = "what a shell may offer for the last of these words",
        .usage = "[WORD...]",
        .flags = COMMAND_TAKES_WORDS | COMMAND_HIDDEN | COMMAND_RAW_WORDS,
        .run = cmd_complete,
    };
}
