/* exits.c - see exits.h. Lines are "pid exit|signal|timeout number wall_ns". */
#include "base/base.h"

#include "base/io.h"
#include "ingest/exits.h"
#include "trail/exits.h"

#include <signal.h>

void exits_open(struct exits *exits, const char *run_dir)
{
    char *path = io_join(run_dir, TRAIL_EXITS);

    *exits = (struct exits){.text = BUF_INIT(TRAIL_EXITS_MOST)};
    if (path != NULL && io_exists(path))
        io_read_file(path, &exits->text, NULL);
    free(path);
}

void exits_close(struct exits *exits)
{
    buf_release(&exits->text);
}

static bool parse(const char *line, int64_t *ret_pid, struct ended *e)
{
    long long pid, at;
    char word[16];
    int number;

    if (sscanf(line, "%lld %15s %d %lld", &pid, word, &number, &at) != 4)
        return false;
    *e = (struct ended){.at_ns = at, .has_code = true};
    *ret_pid = pid;
    if (strcmp(word, "exit") == 0) {
        e->reason = "exit";
        e->code = number;
        e->completed = number == 0;
    } else if (strcmp(word, "signal") == 0) {
        e->reason = "signal";
        e->code = -number;
    } else if (strcmp(word, "timeout") == 0) {
        e->reason = "timeout";
        e->has_code = false;
    } else {
        return false;
    }
    return true;
}

bool exits_next(struct exits *exits, int64_t *ret_pid, struct ended *ret_ended)
{
    const char *text = buf_text(&exits->text);

    while (exits->next < exits->text.len) {
        const char *line = text + exits->next;

        exits->next += strcspn(line, "\n") + 1;
        if (parse(line, ret_pid, ret_ended))
            return true;
    }
    return false;
}

void exits_find(const char *run_dir, int64_t pid, int64_t began_ns, struct ended *ended)
{
    struct exits exits;
    struct ended e;
    int64_t found;
    bool known = false;

    exits_open(&exits, run_dir);
    /* A later end is that of another process with its number; but who was asked to end at a timeout has ended so. */
    while (exits_next(&exits, &found, &e)) {
        if (found != pid || e.at_ns < began_ns || (known && strcmp(e.reason, "timeout") != 0))
            continue;
        *ended = e;
        known = true;
    }
    exits_close(&exits);
}

/* Of words "exec" the last one of a process holds: what failed, with 1, was none. */
bool exits_execs(const char *run_dir, struct idmap *ret)
{
    struct exits exits;
    bool fine = true;

    exits_open(&exits, run_dir);
    while (fine && exits.next < exits.text.len) {
        const char *line = buf_text(&exits.text) + exits.next;
        unsigned long long pid, at;
        int failed;

        exits.next += strcspn(line, "\n") + 1;
        if (sscanf(line, "%llu " TRAIL_EXITS_EXEC " %d %llu", &pid, &failed, &at) != 3 || pid == 0)
            continue;
        if (failed)
            idmap_take(ret, pid);
        else
            fine = idmap_put(ret, pid, (void *)(uintptr_t)at);
    }
    exits_close(&exits);
    return fine;
}
