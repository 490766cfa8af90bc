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

    exits_open(&exits, run_dir);
    while (exits_next(&exits, &found, &e)) {
        if (found == pid && e.at_ns >= began_ns)
            *ended = e;
    }
    exits_close(&exits);
}
