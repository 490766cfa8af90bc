/*
 * run_tree.c - see run_tree.h.
 *
 * A process belongs to the tree when it is the root; or has the mark in its environment; or its parent belongs; or it is in a
 * group or session whose leader belongs or belonged (a group has no members from elsewhere). Who once belonged stays
 * remembered, so that an orphan that has wiped its environment is still found if it was seen before its parent ended.
 */
#include "base/base.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/proc.h"
#include "cli/run_tree.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#define LIMIT_ENVIRONMENT (8 * 1024 * 1024)

/* One process as /proc shows it. */
struct seen {
    struct proc proc;
    bool belongs;
};

struct snapshot {
    struct seen *all; /* Owned */
    size_t count;
};

static bool has_mark(pid_t pid, const char *mark)
{
    struct buf text = BUF_INIT(LIMIT_ENVIRONMENT);
    size_t len = strlen(mark);
    bool found = false;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    if (io_read_file(path, &text, NULL) == 0) {
        const char *p = buf_text(&text), *end = p + text.len;

        while (!found && p < end) {
            size_t entry = strnlen(p, (size_t)(end - p));

            found = entry == len && memcmp(p, mark, len) == 0;
            p += entry + 1;
        }
    }
    buf_release(&text);
    return found;
}

static bool snapshot_take(struct snapshot *s)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    size_t capacity = 0;

    *s = (struct snapshot){NULL, 0};
    if (proc == NULL)
        return false;
    while ((entry = readdir(proc)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        if (s->count == capacity) {
            struct seen *more = realloc(s->all, (capacity + 256) * sizeof(*more));

            if (more == NULL)
                break;
            s->all = more;
            capacity += 256;
        }
        if (proc_read((pid_t)strtol(entry->d_name, NULL, 10), &s->all[s->count].proc))
            s->all[s->count++].belongs = false;
    }
    closedir(proc);
    return true;
}

static struct run_process *remembered(const struct run_tree *tree, const struct proc *p)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->processes[i].pid == p->pid && tree->processes[i].started == p->started)
            return &tree->processes[i];
    return NULL;
}

static const struct seen *find(const struct snapshot *s, pid_t pid)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->all[i].proc.pid == pid)
            return &s->all[i];
    return NULL;
}

/* Does the leader of this group or session belong? One that has ended is remembered by its number, which is not given to
 * another process while the group has members. */
static bool leader_belongs(const struct run_tree *tree, const struct snapshot *s, pid_t id)
{
    const struct seen *leader = find(s, id);

    if (leader != NULL)
        return leader->belongs;
    for (size_t i = 0; i < tree->count; i++)
        if (tree->processes[i].pid == id)
            return true;
    return false;
}

static bool joins(const struct run_tree *tree, const struct snapshot *s, const struct seen *p)
{
    const struct seen *parent = find(s, p->proc.parent);

    return (parent != NULL && parent->belongs) || leader_belongs(tree, s, p->proc.group) ||
           leader_belongs(tree, s, p->proc.session);
}

static void find_members(const struct run_tree *tree, struct snapshot *s)
{
    pid_t self = getpid();
    bool more = true;

    for (size_t i = 0; i < s->count; i++) {
        struct seen *p = &s->all[i];

        p->belongs =
            p->proc.pid == tree->root || remembered(tree, &p->proc) != NULL ||
            (tree->mark != NULL && p->proc.pid != self && has_mark(p->proc.pid, tree->mark));
    }
    while (more) {
        more = false;
        for (size_t i = 0; i < s->count; i++) {
            struct seen *p = &s->all[i];

            if (p->belongs || p->proc.pid == self || p->proc.pid == 1 || !joins(tree, s, p))
                continue;
            p->belongs = more = true;
        }
    }
}

struct run_process *run_tree_add(struct run_tree *tree, const struct proc *p)
{
    struct run_process *known = remembered(tree, p), *more;

    if (known == NULL) {
        more = realloc(tree->processes, (tree->count + 1) * sizeof(*more));
        if (more == NULL)
            return NULL;
        tree->processes = more;
        known = &more[tree->count++];
        *known = (struct run_process){.pid = p->pid, .started = p->started};
    }
    known->parent = p->parent;
    known->alive = !p->ended;
    known->was_alive = known->was_alive || known->alive;
    return known;
}

size_t run_tree_look(struct run_tree *tree)
{
    struct snapshot s;
    size_t alive = 0;

    for (size_t i = 0; i < tree->count; i++)
        tree->processes[i].alive = false;
    if (snapshot_take(&s))
        find_members(tree, &s);
    for (size_t i = 0; i < s.count; i++)
        if (s.all[i].belongs)
            run_tree_add(tree, &s.all[i].proc);
    free(s.all);
    for (size_t i = 0; i < tree->count; i++)
        alive += tree->processes[i].alive;
    return alive;
}

void run_tree_begin_end(struct run_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        tree->processes[i].was_alive = false;
}

void run_tree_signal(const struct run_tree *tree, int signal)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->processes[i].alive)
            kill(tree->processes[i].pid, signal);
}

void run_tree_release(struct run_tree *tree)
{
    free(tree->processes);
    tree->processes = NULL;
    tree->count = 0;
}
