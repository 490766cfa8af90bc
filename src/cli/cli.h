/*
 * cli.h - what every command of the command line gets, and the table of commands.
 *
 * main.c finds the command, parses its options by its table (options.h) and calls it:
 *
 *     breadcrumb [global options] COMMAND [options and global options] [words]
 *
 * Only files of this room print: the answer to stdout, talk to stderr.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/base.h"
#include "base/error.h"
#include "cli/exit_codes.h"
#include "query/argument.h"

struct format;
struct question;

struct cli {
    const struct command *command; /* Borrowed */
    const struct format *format;   /* Borrowed, static: --format, by default json */
    const char *db_path;           /* --db-path; Borrowed from argv; NULL: not given */
    const char *config;            /* --config: the profile; likewise */
    bool verbose;
    const struct arguments *args; /* Borrowed: what was given of command->args */
};

enum command_flags {
    /* Our options end at the first word that is not one, or at `--`: that word and everything behind it are the
     * command's own and come as argc and argv. */
    COMMAND_TAKES_WORDS = 1 << 0,
    COMMAND_HIDDEN = 1 << 1,    /* no person calls it: not in --help */
    COMMAND_RAW_WORDS = 1 << 2, /* every word behind it is its own, options too */
};

struct command {
    const char *name;
    const char *summary; /* one line for the list of commands */
    const char *usage;   /* what follows the name in the usage line; NULL: made from args */
    const char *detail;  /* paragraphs for --help; NULL: none */
    const struct argument *args;
    size_t nargs;
    const char *const *examples;     /* NULL-terminated pairs: command line, what it does */
    unsigned flags;                  /* enum command_flags */
    const struct question *question; /* the question that it asks; NULL: it is none */
    /* argc and argv: the words that are left (COMMAND_TAKES_WORDS), else none; argv[argc] is NULL. Returns the exit
     * status. */
    int (*run)(const struct cli *cli, int argc, char **argv);
};

/* run.c. Its options: `extern const struct argument run_args[]` and their number, in run.h. */
int cmd_run(const struct cli *cli, int argc, char **argv);

/* Says an error the way the chosen format wants it and returns the exit status that goes with it. Wrong usage also
 * shows the usage line of the command. */
int cli_fail(const struct cli *cli, const struct error *err);

/* What the settings say to every command that reads or writes the database. */
struct cli_place {
    char *database;   /* Owned by the caller (free()): --db-path, settings, discovery */
    int timeout_ms;   /* of a question */
    size_t max_bytes; /* of an answer's rows */
    int64_t retention_days, retention_mb; /* 0: nothing is to go */
};

int cli_find_place(const struct cli *cli, struct cli_place *ret, struct error *err);
/* The database alone. Owned by the caller (free()); NULL and err otherwise. */
char *cli_database(const struct cli *cli, struct error *err);

#endif
