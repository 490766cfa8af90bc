/* last_look.c - see last_look.h. */
#include "base/base.h"

#include "base/buf.h"
#include "base/io.h"
#include "trail/last_look.h"

#define LIMIT_LAST_LOOK_BYTES (4 * 1024 * 1024)

void last_look_write(const char *run_folder, const struct last_look *looks, size_t n)
{
    struct buf text = BUF_INIT(LIMIT_LAST_LOOK_BYTES);
    char *path = io_join(run_folder, LAST_LOOK);

    for (size_t i = 0; i < n; i++) {
        const struct last_look *l = &looks[i];

        buf_putf(&text, "%lld %lld %lld %d %ld %s ", (long long)l->pid, (long long)l->tid,
                 (long long)l->wall_ns, l->busy, l->wakes, l->doing);
        /* A path may hold anything; a line ends at its end. */
        for (const char *p = l->on; *p != '\0'; p++)
            buf_putc(&text, (unsigned char)*p < ' ' ? '?' : *p);
        buf_putc(&text, '\n');
    }
    if (path != NULL && !text.failed)
        io_write_unsynced(path, buf_text(&text), text.len, 0600, NULL);
    free(path);
    buf_release(&text);
}

static bool parse(const char *line, struct last_look *ret)
{
    struct last_look l = {0};
    long long pid, tid, wall_ns;
    int on = 0;

    if (sscanf(line, "%lld %lld %lld %d %ld %23s %n", &pid, &tid, &wall_ns, &l.busy, &l.wakes,
               l.doing, &on) != 6 ||
        on == 0)
        return false;
    l.pid = pid;
    l.tid = tid;
    l.wall_ns = wall_ns;
    snprintf(l.on, sizeof(l.on), "%s", line + on);
    *ret = l;
    return true;
}

bool last_look_next(char **rest, struct last_look *ret)
{
    const char *line;

    while ((line = strsep(rest, "\n")) != NULL)
        if (parse(line, ret))
            return true;
    return false;
}
