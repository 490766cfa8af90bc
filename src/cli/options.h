/*
 * options.h - the command line's grammar, driven by tables of arguments: nothing here knows an option by name.
 *
 *     --name value   --name=value   -n value   -nvalue   -vn value   --   words
 *
 * Not thread-safe.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/base.h"
#include "base/error.h"
#include "query/argument.h"

struct option_line {
    struct arguments
        *sets[2]; /* looked through in this order; an option belongs to the first that has it */
    size_t nsets;
    bool
        stops; /* at the first word that is no option; else words fill the positional arguments of sets[0] */
    const char *command; /* whose --help a message points at; NULL: the program's own */
    int argc;
    char **argv; /* Borrowed; values given point into it */
};

/* Reads options from the front of argv. Returns how many of argv were used up (all of them unless it stops; a `--` that ended
 * them is used up), or ERR_USAGE, with the nearest known option in the suggestion. */
int options_parse(const struct option_line *line, struct error *err);

#endif
