/* exit_codes.h - what the program's exit status says; `run` is transparent and has its own (docs/cli.md). */
#ifndef CLI_EXIT_CODES_H
#define CLI_EXIT_CODES_H

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_ERROR = 1,   /* wrong usage too */
    EXIT_CODE_NOTHING = 2, /* the question was fine, there is nothing to show */

    /* run only */
    EXIT_CODE_TIMEOUT = 124,
    EXIT_CODE_CANNOT_START = 125,   /* breadcrumb itself could not start the command */
    EXIT_CODE_NOT_EXECUTABLE = 126, /* as a shell says it */
    EXIT_CODE_NO_COMMAND = 127,
};

#endif
