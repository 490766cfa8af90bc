/* run_isolated.c - see run_isolated.h. */
#include "base/base.h"

#include "cli/run_isolated.h"

#include "trail/unreachable.h"

#include <ctype.h>

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* python, python3, python3.12, python3.13t, python3.12-dbg */
static bool is_python(const char *name)
{
    if (strncmp(name, "python", 6) != 0)
        return false;
    name += 6 + strspn(name + 6, "0123456789.");
    return *name == '\0' || strcmp(name, "t") == 0 || strcmp(name, "-dbg") == 0;
}

/* NAME=VALUE, as env takes it. */
static bool is_assignment(const char *word)
{
    const char *p = word;

    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    return p > word && *p == '=';
}

/* One word of short options. -1: what follows is the program's own; else how many words it takes beside itself. */
static int look_at(const char *word, char *found)
{
    for (const char *p = word + 1; *p != '\0'; p++) {
        if (*p == 'c' || *p == 'm')
            return -1;
        if (*p == 'W' || *p == 'X')
            return p[1] == '\0';
        if (*found == 0 && strchr("IES", *p) != NULL)
            *found = *p;
    }
    return 0;
}

/* Behind `env` and what it sets. */
static const char *const *skip_env(const char *const *argv)
{
    if (argv[0] == NULL || strcmp(name_of(argv[0]), "env") != 0)
        return argv;
    do
        argv++;
    while (argv[0] != NULL && is_assignment(argv[0]));
    return argv;
}

char run_isolated(const char *const *argv, const char **ret_program)
{
    char found = 0;

    argv = skip_env(argv);
    if (argv[0] == NULL || !is_python(name_of(argv[0])))
        return 0;
    *ret_program = name_of(argv[0]);
    for (argv++; argv[0] != NULL && argv[0][0] == '-' && argv[0][1] != '\0'; argv++) {
        int more;

        if (argv[0][1] == '-')
            more = strcmp(argv[0], "--check-hash-based-pycs") == 0 ? 1 : -1;
        else
            more = look_at(argv[0], &found);
        if (more < 0 || (more > 0 && argv[1] == NULL))
            break;
        argv += more;
    }
    return found;
}

void run_isolated_note(const char *folder, pid_t pid, const char *program, char option)
{
    trail_unreachable_note(folder, (long)pid,
                           "(%.100s) was started with -%c, and reads %s: leave the option away to "
                           "have it recorded",
                           program, option, option == 'S' ? "no sitecustomize" : "no PYTHONPATH");
}
