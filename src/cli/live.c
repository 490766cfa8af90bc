/* live.c - looks at the trails beside a database: whose they are, how large, which processes run. */
#include "base/base.h"

#include "base/arena.h"
#include "base/io.h"
#include "cli/store.h"
#include "settings/places.h"
#include "trail/control.h"
#include "trail/reader.h"

#include <dirent.h>
#include <sys/stat.h>

#define LIMIT_PROCESSES 100000

struct live_facts {
    struct live live;
    struct arena arena;
    struct live_process *processes; /* Owned */
    size_t capacity;
    const char *run; /* whose folder is being read */
};

/* Calls visit for each folder in a folder. */
static int each_folder(const char *path,
                       int (*visit)(struct live_facts *, const char *path, const char *name),
                       struct live_facts *facts)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int ret = 0;

    if (dir == NULL)
        return errno == ENOENT ? 0 : -errno;
    while (ret == 0 && (entry = readdir(dir)) != NULL) {
        char *inner = entry->d_name[0] != '.' ? io_join(path, entry->d_name) : NULL;

        if (inner != NULL && io_is_dir(inner))
            ret = visit(facts, inner, entry->d_name);
        free(inner);
    }
    closedir(dir);
    return ret;
}

struct streams {
    const char *folder;
    int64_t threads, bytes;
    uint32_t registry_first;
    bool registry;
};

static int count_stream(void *ctx, uint32_t stream, uint32_t first, uint32_t last, uint64_t bytes)
{
    struct streams *s = ctx;

    (void)last;
    s->bytes += (int64_t)bytes;
    s->threads += stream != 0;
    if (stream == 0) {
        s->registry = true;
        s->registry_first = first;
    }
    return 0;
}

static void read_identity(const struct streams *s, struct live_process *p)
{
    struct trail_segment segment;
    struct uuid id;

    if (!s->registry ||
        trail_segment_open(&segment, s->folder, 0, s->registry_first) != TRAIL_OPENED)
        return;
    memcpy(id.bytes, segment.header->trace_id, sizeof(id.bytes));
    uuid_format(&id, p->trace_id);
    p->pid = segment.header->pid;
    trail_segment_close(&segment);
}

static int add_process(struct live_facts *facts, const char *path, const char *name)
{
    struct live_process *p;
    struct streams s = {.folder = path};
    char text[CONTROL_TEXT_BYTES + 1];
    int alive = trail_dir_alive(path);

    if (facts->live.nprocesses >= LIMIT_PROCESSES)
        return 0;
    if (facts->live.nprocesses == facts->capacity) {
        size_t capacity = facts->capacity == 0 ? 16 : 2 * facts->capacity;
        struct live_process *more = realloc(facts->processes, capacity * sizeof(*more));

        if (more == NULL)
            return -ENOMEM;
        facts->processes = more;
        facts->capacity = capacity;
    }
    if (trail_dir_streams(path, count_stream, &s) < 0)
        return 0; /* it went away while we looked */
    p = &facts->processes[facts->live.nprocesses++];
    *p = (struct live_process){.run = facts->run,
                               .pid = strtoll(name, NULL, 10),
                               .alive = alive == 1,
                               .streams = s.threads,
                               .trail_bytes = s.bytes};
    read_identity(&s, p);
    if (p->alive && control_read(path, text, sizeof(text)) > 0)
        p->set = arena_strdup(&facts->arena, text);
    return 0;
}

static int add_run(struct live_facts *facts, const char *path, const char *name)
{
    if (!places_run_is_of(path, facts->live.db_path))
        return 0;
    facts->run = arena_strdup(&facts->arena, name);
    return each_folder(path, add_process, facts);
}

static int64_t file_size(struct live_facts *facts, const char *path, bool *ret_exists)
{
    struct stat st;
    int64_t bytes = 0;
    char *wal = arena_printf(&facts->arena, "%s.wal", path);

    *ret_exists = stat(path, &st) == 0;
    if (*ret_exists)
        bytes += st.st_size;
    if (wal != NULL && stat(wal, &st) == 0)
        bytes += st.st_size;
    return bytes;
}

int live_gather(const char *db_path, const struct opened *opened, struct live_facts **ret_facts,
                struct error *err)
{
    struct live_facts *facts = calloc(1, sizeof(*facts));
    char *trails = places_trails(db_path);
    int ret = ERR_FAILED;

    if (facts == NULL || trails == NULL) {
        error_set(err, ERR_FAILED, "out of memory");
        goto out;
    }
    facts->arena = (struct arena)ARENA_INIT(LIMIT_ANSWER_BYTES);
    facts->live.db_path = arena_strdup(&facts->arena, db_path);
    facts->live.trails = arena_strdup(&facts->arena, trails);
    facts->live.why_behind =
        opened->why_behind != NULL ? arena_strdup(&facts->arena, opened->why_behind) : NULL;
    facts->live.behind_bytes = opened->behind_bytes;
    facts->live.behind_events = opened->behind_events;
    facts->live.db_bytes = file_size(facts, db_path, &facts->live.db_exists);
    ret = each_folder(trails, add_run, facts);
    /* Where the store is open, that they cannot be read is why it is behind. */
    if (ret < 0 && opened->store == NULL) {
        errno = -ret;
        ret = error_set_errno(err, ERR_SYSTEM, "cannot read the trails in '%s'", trails);
        goto out;
    }
    ret = 0;
    facts->live.processes = facts->processes;
    *ret_facts = facts;
    facts = NULL;
out:
    live_release(facts);
    free(trails);
    return ret;
}

const struct live *live_of(const struct live_facts *facts)
{
    return facts != NULL ? &facts->live : NULL;
}

void live_release(struct live_facts *facts)
{
    if (facts == NULL)
        return;
    arena_release(&facts->arena);
    free(facts->processes);
    free(facts);
}
