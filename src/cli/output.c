/* output.c - see output.h. */
#include "base/base.h"

#include "base/io.h"
#include "cli/exit_codes.h"
#include "cli/output.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NARROWEST 40 /* below this a table is unreadable anyway */

void output_begin(void)
{
    io_hold_streams();
    /* Everything that we write is UTF-8, whatever the locale says; in the C locale of a container no character would
     * have a width. Only the character type is taken: numbers keep their point. */
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static int width_of(int fd)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    char *end = NULL;
    long n;

    if (columns != NULL && columns[0] != '\0') {
        n = strtol(columns, &end, 10);
        if (*end == '\0' && n > 0 && n < 10000)
            return n > NARROWEST ? (int)n : NARROWEST;
    }
    if (!isatty(fd))
        return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col > NARROWEST ? size.ws_col : NARROWEST;
    return 80;
}

static bool wants_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (no_color != NULL && no_color[0] != '\0')
        return false;
    return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0;
}

struct target output_target(FILE *stream)
{
    int fd = fileno(stream);

    return (struct target){.stream = stream, .width = width_of(fd), .colour = wants_colour(fd)};
}

void output_remark(const char *text)
{
    void (*on_pipe)(int) = signal(SIGPIPE, SIG_IGN);

    fputs(text, stderr);
    signal(SIGPIPE, on_pipe);
}

int output_end(int status)
{
    bool failed = ferror(stdout) != 0;

    if (fflush(stdout) == 0 && !failed)
        return status;
    if (errno == EPIPE)
        return status;
    fprintf(stderr, "breadcrumb: cannot write the answer: %s\n", strerror(errno));
    return EXIT_CODE_ERROR;
}
