/* announce.c - see announce.h. The line that is said when a recording begins, by `run` and for breadcrumb.init(). */
#include "base/base.h"

#include "base/buf.h"
#include "base/limits.h"
#include "begin/announce.h"
#include "begin/run_place.h"

#include <signal.h>

/* A path as its owner would write it. */
static void put_path(struct buf *out, const char *path)
{
    const char *home = getenv("HOME");
    size_t len = home != NULL ? strlen(home) : 0;

    if (len > 1 && strncmp(path, home, len) == 0 && path[len] == '/') {
        buf_putc(out, '~');
        path += len;
    }
    buf_puts(out, path);
}

/* What the settings were made from, the weakest first. */
static void put_sources(struct buf *out, const struct settings *s)
{
    bool environment = false;

    for (size_t i = 0; i < SETTINGS_MOST; i++)
        environment = environment || s->source[i] == FROM_ENVIRONMENT;
    if (s->config_file != NULL)
        put_path(out, s->config_file);
    else
        buf_puts(out, "defaults");
    if (s->profile_file != NULL) {
        buf_puts(out, ", ");
        put_path(out, s->profile_file);
    }
    buf_puts(out, environment ? ", environment" : "");
}

void announce_run(const struct settings *s, const struct run_place *place)
{
    static const char *const backends[] = {"auto", "pep669", "settrace"};
    struct buf line = BUF_INIT(4 * LIMIT_PATH_BYTES);
    size_t excludes = s->exclude.count;
    void (*on_pipe)(int);
    char rate[32];

    for (size_t i = 0; s->default_excludes && settings_default_excludes[i] != NULL; i++)
        excludes++;
    snprintf(rate, sizeof(rate), "%g", s->sample_rate);
    buf_putf(&line, "Breadcrumb enabled: backend=%s db=", backends[s->backend]);
    put_path(&line, place->database);
    buf_putf(&line, ", sample_rate=%s%s, include=%zu exclude=%zu %s\n(config: ", rate,
             strchr(rate, '.') == NULL && strchr(rate, 'e') == NULL ? ".0" : "", s->include.count,
             excludes, s->workspace_only ? "workspace_only" : "all_code");
    put_sources(&line, s);
    buf_puts(&line, ")\n");
    /* A reader that has gone is for the command to notice, or not. */
    on_pipe = signal(SIGPIPE, SIG_IGN);
    fputs(buf_text(&line), stderr);
    signal(SIGPIPE, on_pipe);
    buf_release(&line);
}
