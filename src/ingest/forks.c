/* forks.c - see forks.h. */
#include "base/base.h"

#include "base/limits.h"
#include "base/proc.h"
#include "base/uuid.h"
#include "ingest/exits.h"
#include "ingest/forks.h"
#include "ingest/trace.h"
#include "ingest/traces.h"

#define FORKS_MAX (2 * (size_t)LIMIT_FORKS)
#define SLACK_NS \
    INT64_C(1000000000) /* between the moment before fork() and the kernel's, in its ticks */

/* ---- from the registry ------------------------------------------------------------------------ */

/* Room for one more in an array that doubles when n reaches a power of two. */
static bool make_room(void **array, size_t n, size_t size)
{
    void *more;

    if (n > 0 && (n & (n - 1)) != 0)
        return true;
    more = realloc(*array, (n > 0 ? n * 2 : 1) * size);
    if (more == NULL)
        return false;
    *array = more;
    return true;
}

static bool take_begin(struct forks *f, const struct trail_registry_record *r)
{
    if (f->n >= FORKS_MAX)
        return true;
    if (!make_room((void **)&f->all, f->n, sizeof(*f->all)))
        return false;
    f->all[f->n++] = (struct fork){.pid = r->pid, .began_ns = r->wall_ns};
    return idmap_put(&f->open, r->pid, (void *)(uintptr_t)f->n);
}

static bool take_end(struct forks *f, const struct trail_registry_record *r)
{
    size_t place = (size_t)(uintptr_t)idmap_take(&f->open, r->pid);
    struct fork *fork;

    if (place == 0)
        return true;
    if (!make_room((void **)&f->ends, f->nends, sizeof(*f->ends)))
        return false;
    fork = &f->all[place - 1];
    fork->how = (enum trail_child)r->id;
    fork->number = (int32_t)r->status;
    fork->ended_ns = r->wall_ns;
    f->ends[f->nends++] = (uint32_t)(place - 1);
    return true;
}

bool forks_take(struct forks *forks, const struct trail_registry_record *r)
{
    if (r->pid == 0 || r->id > TRAIL_CHILD_SIGNALED)
        return true; /* not one of ours */
    return r->id == TRAIL_CHILD_BEGAN ? take_begin(forks, r) : take_end(forks, r);
}

void forks_release(struct forks *forks)
{
    free(forks->all);
    free(forks->ends);
    idmap_release(&forks->open);
    *forks = (struct forks){0};
}

/* ---- their rows ------------------------------------------------------------------------------- */

static struct ended how_it_ended(const struct trace *t, const struct fork *f)
{
    struct ended e = {.reason = "unknown", .at_ns = f->ended_ns, .has_code = true};

    switch (f->how) {
    case TRAIL_CHILD_EXITED:
        e.reason = "exit";
        e.code = f->number;
        e.completed = f->number == 0;
        break;
    case TRAIL_CHILD_SIGNALED:
        e.reason = "signal";
        e.code = -f->number;
        break;
    case TRAIL_CHILD_BEGAN: /* the file `exits` may know more */
        e.has_code = false;
        e.at_ns = t->last_ns > f->began_ns ? t->last_ns : f->began_ns;
        break;
    }
    return e;
}

static void put(struct trace *t, const struct fork *f)
{
    struct ended ended = how_it_ended(t, f);
    struct uuid id = uuid_make_at(f->began_ns);

    traces_put(t, &(struct traces_row){.id = &id,
                                       .parent = &t->id,
                                       .pid = f->pid,
                                       .ppid = t->registry.header.pid,
                                       .began_ns = f->began_ns,
                                       .ended = &ended});
}

/* It lives, as far as can be told from here: then nothing is said of it yet. */
static bool lives(const struct trace *t, const struct fork *f)
{
    struct proc p;
    int64_t began;

    if (!timeline_is_local(&t->registry.header) || !proc_read((pid_t)f->pid, &p) || p.ended)
        return false;
    began = proc_began_ns(&p);
    return began > f->began_ns - SLACK_NS && began < f->began_ns + SLACK_NS;
}

/* What became another program has a trace of its own, or is no Python. */
static bool became_another(const struct idmap *execs, const struct fork *f)
{
    int64_t at = (int64_t)(uintptr_t)idmap_get(execs, f->pid);

    return at >= f->began_ns && (f->ended_ns == 0 || at <= f->ended_ns);
}

void forks_save(struct trace *t, bool ended)
{
    const struct forks *f = &t->registry.forks;
    struct idmap execs = {0};
    char *run_dir;

    if (t->forks_done == f->nends && !(ended && f->nends < f->n))
        return;
    run_dir = trace_run_dir(t);
    if (run_dir == NULL || !exits_execs(run_dir, &execs))
        sink_fail(t->sink, ERR_FAILED, "memory is out");
    for (; t->forks_done < f->nends; t->forks_done++) {
        const struct fork *one = &f->all[f->ends[t->forks_done]];

        if (!became_another(&execs, one))
            put(t, one);
    }
    for (size_t i = 0; ended && i < f->n; i++) {
        if (f->all[i].ended_ns == 0 && !became_another(&execs, &f->all[i]) && !lives(t, &f->all[i]))
            put(t, &f->all[i]);
    }
    idmap_release(&execs);
    free(run_dir);
}

void forks_drop_doubles(struct sink *sink)
{
    /* Rows of this file have no thread. A pid is another process's as soon as the end is known. */
    static const char sql[] =
        "DELETE FROM traces WHERE thread_id IS NULL AND id IN (SELECT s.id FROM traces s JOIN traces c "
        "ON s.pid = c.pid AND s.run_id = c.run_id AND s.host = c.host AND c.started_at >= s.started_at "
        "AND (s.end_reason = 'unknown' OR c.started_at <= s.ended_at) "
        "WHERE s.thread_id IS NULL AND c.thread_id IS NOT NULL)";

    sink_exec(sink, sql, NULL, 0);
}
