/* reach.c - see reach.h. */
#include "base/base.h"

#include "trail/reach.h"
#include "trail/unreachable.h"

#include <ctype.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 1024 /* small: a thread's stack may be */
#define BLANKS " \t\r\n"

struct looking {
    const char *words[REACH_WORDS + 1]; /* Borrowed, or in a text below; NULL-terminated */
    const char *const *at;
    struct reach_env env;
    char line[256], shell[1024];
};

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool is_one_of(const char *word, const char *const *names)
{
    while (*names != NULL && strcmp(word, *names) != 0)
        names++;
    return *names != NULL;
}

bool reach_is_python(const char *name)
{
    if (strncmp(name, "python", 6) != 0)
        return false;
    name += 6 + strspn(name + 6, "0123456789.");
    return *name == '\0' || strcmp(name, "t") == 0 || strcmp(name, "-dbg") == 0;
}

/* ---- what stands before the Python ---------------------------------------------------------- */

void reach_take(struct reach_env *env, const char *entry)
{
    if (strncmp(entry, REACH_RUN "=", sizeof(REACH_RUN)) == 0)
        env->run = entry + sizeof(REACH_RUN);
    else if (strncmp(entry, REACH_PATH "=", sizeof(REACH_PATH)) == 0)
        env->path = entry + sizeof(REACH_PATH);
}

/* NAME=VALUE, as env and shells take it: then it holds for what follows. */
static bool take_assignment(struct looking *l, const char *word)
{
    const char *p = word;

    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    if (p == word || *p != '=')
        return false;
    reach_take(&l->env, word);
    return true;
}

static void take_unset(struct looking *l, const char *name)
{
    if (name != NULL && strcmp(name, REACH_RUN) == 0)
        l->env.run = NULL;
    else if (name != NULL && strcmp(name, REACH_PATH) == 0)
        l->env.path = NULL;
}

/* Behind `env`, its options and what it sets. */
static void pass_env(struct looking *l)
{
    static const char *const empties[] = {"-", "-i", "--ignore-environment", NULL};
    const char *word;

    for (l->at++; (word = l->at[0]) != NULL; l->at++) {
        if (is_one_of(word, empties))
            l->env = (struct reach_env){NULL, NULL};
        else if (strcmp(word, "-u") == 0 && l->at[1] != NULL)
            take_unset(l, *++l->at);
        else if (strncmp(word, "--unset=", 8) == 0)
            take_unset(l, word + 8);
        else if (strcmp(word, "-C") == 0 && l->at[1] != NULL)
            l->at++;
        else if (word[0] != '-' && !take_assignment(l, word))
            return;
    }
}

/* Behind `sudo` and its options: it never hands PYTHONPATH on. */
static void pass_sudo(struct looking *l)
{
    const char *word;

    l->env = (struct reach_env){NULL, NULL};
    for (l->at++; (word = l->at[0]) != NULL; l->at++) {
        if (word[0] == '-' && word[1] != '\0' && word[2] == '\0' &&
            strchr("ugCDRhprtTU", word[1]) != NULL && l->at[1] != NULL)
            l->at++;
        else if (word[0] != '-' && !take_assignment(l, word))
            return;
    }
}

/* The words of a text without quotes; with them they are not what the shell sees, and are good enough for a name and options. */
static void split(struct looking *l, char *text)
{
    size_t n = 0;

    for (char *word = strtok_r(text, BLANKS, &text); word != NULL && n < REACH_WORDS;
         word = strtok_r(NULL, BLANKS, &text))
        l->words[n++] = word;
    l->words[n] = NULL;
    l->at = l->words;
}

/* Behind `sh -c`: the first command of its text. A shell's script is not looked into. */
static bool pass_shell(struct looking *l)
{
    const char *const *word = l->at + 1;

    while (word[0] != NULL && word[0][0] == '-' && strchr(word[0], 'c') == NULL)
        word++;
    if (word[0] == NULL || word[0][0] != '-' || word[1] == NULL)
        return false;
    snprintf(l->shell, sizeof(l->shell), "%s", word[1]);
    split(l, l->shell);
    while (l->at[0] != NULL && (take_assignment(l, l->at[0]) || strcmp(l->at[0], "exec") == 0))
        l->at++;
    return true;
}

/* Goes on to the Python, if there is one. */
static bool find_python(struct looking *l)
{
    static const char *const shells[] = {"sh", "bash", "dash", "ash", "zsh", "ksh", NULL};

    for (int n = 0; n < 4 && l->at[0] != NULL; n++) {
        const char *name = name_of(l->at[0]);

        if (reach_is_python(name))
            return true;
        if (strcmp(name, "env") == 0)
            pass_env(l);
        else if (strcmp(name, "sudo") == 0)
            pass_sudo(l);
        else if (!is_one_of(name, shells) || !pass_shell(l))
            return false;
    }
    return false;
}

/* ---- its first line ------------------------------------------------------------------------- */

/* A script: the words of its first line come before the command's own. */
static void put_first_line(struct looking *l, const char *file)
{
    const char *const *argv = l->at;
    struct stat st;
    ssize_t len = 0;
    size_t n = 0;
    int fd = file != NULL ? open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        len = pread(fd, l->line, sizeof(l->line) - 1, 0);
    close(fd);
    if (len < 3 || l->line[0] != '#' || l->line[1] != '!')
        return;
    l->line[len] = '\0';
    l->line[strcspn(l->line, "\n")] = '\0';
    split(l, l->line + 2);
    if (l->words[0] != NULL && strcmp(name_of(l->words[0]), "env") == 0 && l->words[1] != NULL &&
        strcmp(l->words[1], "-S") == 0)
        l->words[1] = "-v"; /* what it splits is split */
    while (l->words[n] != NULL)
        n++;
    for (; n < REACH_WORDS && argv[0] != NULL; argv++)
        l->words[n++] = argv[0];
    l->words[n] = NULL;
}

/* ---- the Python ----------------------------------------------------------------------------- */

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

static char isolating_option(const char *const *argv)
{
    char found = 0;

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

static bool has_file(const char *folder, const char *name)
{
    char path[PATH_BYTES];

    return (size_t)snprintf(path, sizeof(path), "%s/%s", folder[0] != '\0' ? folder : ".", name) <
               sizeof(path) &&
           access(path, F_OK) == 0;
}

/* Is our folder on the path, and is it the first with a sitecustomize? */
static enum reach_why look_along(const char *path, struct reach *ret)
{
    enum reach_why found = REACH_UNKNOWN;
    char folder[PATH_BYTES];

    while (path != NULL) {
        size_t len = strcspn(path, ":");

        if ((size_t)snprintf(folder, sizeof(folder), "%.*s", (int)len, path) < sizeof(folder)) {
            if (has_file(folder, "breadcrumb_boot.py"))
                return found;
            if (found == REACH_UNKNOWN && (has_file(folder, "sitecustomize.py") ||
                                           has_file(folder, "sitecustomize/__init__.py"))) {
                found = REACH_BEHIND;
                snprintf(ret->place, sizeof(ret->place), "%.200s", folder);
            }
        }
        path = path[len] == ':' ? path + len + 1 : NULL;
    }
    return REACH_NO_PATH;
}

enum reach_why reach_judge(struct reach *ret, const char *const *argv, const char *file,
                           const struct reach_env *env)
{
    struct looking l = {.at = argv, .env = *env};

    *ret = (struct reach){.why = REACH_UNKNOWN};
    if (argv[0] == NULL)
        return REACH_UNKNOWN;
    put_first_line(&l, file);
    if (!find_python(&l))
        return REACH_UNKNOWN;
    snprintf(ret->program, sizeof(ret->program), "%s", name_of(l.at[0]));
    ret->option = isolating_option(l.at);
    if (ret->option != 0)
        ret->why = REACH_ISOLATED;
    else if (l.env.run == NULL || l.env.run[0] == '\0')
        ret->why = REACH_NO_RUN;
    else
        ret->why = look_along(l.env.path, ret);
    return ret->why;
}

/* ---- the line ------------------------------------------------------------------------------- */

void reach_tell(const struct reach *reach, char *text, size_t size)
{
    if (reach->why == REACH_ISOLATED)
        snprintf(text, size,
                 "(%s) was started with -%c, and reads %s: leave the option away to have it "
                 "recorded",
                 reach->program, reach->option,
                 reach->option == 'S' ? "no sitecustomize" : "no PYTHONPATH");
    else if (reach->why == REACH_BEHIND)
        snprintf(text, size,
                 TRAIL_UNREACHABLE_PERHAPS
                 "(%s) ran the sitecustomize in '%s', which stands "
                 "before ours in PYTHONPATH and does not run the next one",
                 reach->program, reach->place);
    else
        snprintf(text, size,
                 "(%s) was started with an environment that lacks our %s: hand the program's own "
                 "on to have it recorded",
                 reach->program, reach->why == REACH_NO_RUN ? REACH_RUN : REACH_PATH);
}

void reach_note(const char *run_folder, long pid, const struct reach *reach)
{
    char text[REACH_TEXT];

    if (reach->why == REACH_UNKNOWN)
        return;
    reach_tell(reach, text, sizeof(text));
    trail_unreachable_note(run_folder, pid, "%s", text);
}
