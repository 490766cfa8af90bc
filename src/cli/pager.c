/* pager.c - see pager.h. */
#include "base/base.h"

#include "cli/pager.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL_FOUND_NONE 127 /* what sh ends with when there is no such command */

/* The user's choice; an empty one, or cat, is none. */
static const char *chosen(void)
{
    const char *pager = getenv("BREADCRUMB_PAGER");

    if (pager == NULL)
        pager = getenv("PAGER");
    if (pager == NULL)
        pager = "less";
    return pager[0] == '\0' || strcmp(pager, "cat") == 0 ? NULL : pager;
}

FILE *pager_begin(struct pager *p)
{
    const char *term = getenv("TERM");

    *p = (struct pager){0};
    if (!isatty(STDOUT_FILENO) || term == NULL || strcmp(term, "dumb") == 0 || chosen() == NULL)
        return stdout;
    p->kept = open_memstream(&p->text, &p->len);
    return p->kept != NULL ? p->kept : stdout;
}

/* Colours and wide characters make it an estimate, and less shows what fits on one screen without stopping. */
static bool fits_terminal(const struct pager *p)
{
    struct winsize size;
    size_t rows = 0;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
        return true;
    for (const char *at = p->text, *end = at + p->len; at < end; rows++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline != NULL ? newline : end) - at);

        rows += len / size.ws_col;
        at += len + 1;
    }
    return rows < size.ws_row;
}

/* Whether a pager has shown it. */
static bool page(const struct pager *p)
{
    const char *command = chosen();
    void (*on_pipe)(int), (*on_interrupt)(int);
    FILE *to;
    int status;

    if (command == NULL)
        return false;
    /* Colours as they are, no stop for what fits, and the text stays on the terminal: as git calls it. */
    setenv("LESS", "FRX", 0);
    to = popen(command, "we");
    on_pipe = signal(SIGPIPE, SIG_IGN);     /* the pager may be left early */
    on_interrupt = signal(SIGINT, SIG_IGN); /* Ctrl-C is the pager's */
    if (to != NULL)
        fwrite(p->text, 1, p->len, to);
    status = to != NULL ? pclose(to) : -1;
    signal(SIGINT, on_interrupt);
    signal(SIGPIPE, on_pipe);
    return status >= 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == SHELL_FOUND_NONE);
}

void pager_end(struct pager *p)
{
    if (p->kept == NULL)
        return;
    fclose(p->kept);
    fflush(stdout);
    if (p->text != NULL && (fits_terminal(p) || !page(p)))
        fwrite(p->text, 1, p->len, stdout);
    free(p->text);
    *p = (struct pager){0};
}
