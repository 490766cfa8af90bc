/* run_missed.c - see run_missed.h. */
#include "base/base.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "cli/run_missed.h"
#include "cli/run_unreachable.h"
#include "trail/reach.h"
#include "trail/unreachable.h"

#include <unistd.h>

#define FIRST_NS INT64_C(100000000)
#define MOST_NS INT64_C(5000000000) /* a look reads all of /proc: some milliseconds */
#define CLOSE_NS INT64_C(10000000)  /* no Python starts and ends in less */
#define CLOSE_SHARE 100  /* a look at the children may take this part of the time between two */
#define CLOSE_MOST 20000 /* processes of a run, from which on that is too much */
#define LIMIT_TEXT (8 * 1024 * 1024)

static bool read_texts(pid_t pid, const char *name, struct buf *ret)
{
    char path[128];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return io_read_file(path, ret, NULL) == 0;
}

/* What the process executes; false: it is no Python. */
static bool read_python(pid_t pid, char *file, size_t size)
{
    char path[64];
    const char *slash;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    n = readlink(path, file, size - 1);
    if (n <= 0)
        return false;
    file[n] = '\0';
    slash = strrchr(file, '/');
    return slash != NULL && reach_is_python(slash + 1);
}

/* The text behind this one, of several with a NUL behind each; NULL: it was the last. */
static const char *text_behind(const struct buf *texts, const char *text)
{
    const char *end = buf_text(texts) + texts->len, *next = text + strlen(text) + 1;

    return next < end ? next : NULL;
}

/* A program may call itself what it likes, so its name is that of the file. */
static void judge(struct reach *reach, const char *file, const struct buf *words,
                  const struct buf *environment)
{
    const char *argv[REACH_WORDS + 1] = {file};
    struct reach_env env = {NULL, NULL};
    size_t n = 1;

    for (const char *word = text_behind(words, buf_text(words)); word != NULL && n < REACH_WORDS;
         word = text_behind(words, word))
        argv[n++] = word;
    argv[n] = NULL;
    for (const char *entry = buf_text(environment); entry != NULL;
         entry = text_behind(environment, entry))
        reach_take(&env, entry);
    reach_judge(reach, argv, NULL, &env);
}

/* Does the process run a file (a shell its script, make its targets), of which whoever started it has not looked inside? */
static bool runs_a_file(pid_t pid)
{
    struct buf words = BUF_INIT(LIMIT_TEXT);
    const char *second = NULL;
    bool file;

    if (read_texts(pid, "cmdline", &words) && words.len > 0)
        second = text_behind(&words, buf_text(&words));
    file = second == NULL || second[0] != '-';
    buf_release(&words);
    return file;
}

/* It may have left a trace all the same: by breadcrumb.init(), or where it has overwritten what /proc shows of its environment. */
static void note(const struct run_missed *m, const struct run_process *p, const struct reach *reach)
{
    char text[REACH_TEXT];

    reach_tell(reach, text, sizeof(text));
    if (!run_unreachable_is_told(m->folder, (long)p->pid, (long)p->parent,
                                 runs_a_file(p->parent) ? NULL : text))
        trail_unreachable_note(m->folder, (long)p->pid, "%s%s",
                               reach->why == REACH_BEHIND ? "" : TRAIL_UNREACHABLE_PERHAPS, text);
}

static void look_at(const struct run_missed *m, struct run_process *p)
{
    struct buf words = BUF_INIT(LIMIT_TEXT), environment = BUF_INIT(LIMIT_TEXT);
    struct reach reach = {.why = REACH_UNKNOWN};
    char file[LIMIT_PATH_BYTES];

    /* Who is no Python may become one, as `env` does. Somebody else's is not for us to read. */
    p->judged = read_python(p->pid, file, sizeof(file)) && read_texts(p->pid, "cmdline", &words) &&
                read_texts(p->pid, "environ", &environment);
    if (p->judged && words.len > 0)
        judge(&reach, file, &words, &environment);
    if (reach.why != REACH_UNKNOWN)
        note(m, p, &reach);
    buf_release(&words);
    buf_release(&environment);
}

/* ---- the children of those that tell of nothing ---------------------------------------------- */

/* Of its main thread: shells and makes have no other. False: it has ended, or the kernel has no such file. */
static bool take_children(struct run_tree *tree, pid_t parent)
{
    struct buf text = BUF_INIT(LIMIT_TEXT);
    char path[64], *rest;
    struct proc p;
    bool there;

    snprintf(path, sizeof(path), "task/%d/children", (int)parent);
    there = read_texts(parent, path, &text);
    rest = there && text.len > 0 ? text.data : NULL;
    for (long pid; rest != NULL && (pid = strtol(rest, &rest, 10)) > 0;)
        if (proc_read((pid_t)pid, &p) && p.parent == parent)
            run_tree_add(tree, &p);
    buf_release(&text);
    return there;
}

/* False: there is none. New ones come behind the last, so they are looked at too. */
static bool look_closely(const struct run_missed *m, struct run_tree *tree)
{
    bool any = false;

    for (size_t i = 0; i < tree->count && i < CLOSE_MOST; i++) {
        struct run_process *p = &tree->processes[i];

        if (!p->alive || p->judged)
            continue;
        look_at(m, p);
        if (p->judged)
            continue;
        if (take_children(tree, p->pid))
            any = true;
        else
            tree->processes[i].alive = false; /* until a look through all finds it again */
    }
    return any;
}

static int64_t pause_after(int64_t cpu_ns)
{
    return cpu_ns * CLOSE_SHARE > CLOSE_NS ? cpu_ns * CLOSE_SHARE : CLOSE_NS;
}

/* ---- both -------------------------------------------------------------------------------------- */

static void begin(struct run_missed *m, struct run_tree *tree, int64_t now)
{
    struct proc root;

    m->pause = FIRST_NS;
    m->next_look = now + m->pause;
    if (proc_read(tree->root, &root))
        run_tree_add(tree, &root);
}

static void look_through_all(struct run_missed *m, struct run_tree *tree)
{
    run_tree_look(tree);
    for (size_t i = 0; i < tree->count; i++)
        if (tree->processes[i].alive && !tree->processes[i].judged)
            look_at(m, &tree->processes[i]);
}

int64_t run_missed_look(struct run_missed *m, struct run_tree *tree, int64_t now)
{
    int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);

    if (m->pause == 0)
        begin(m, tree, now);
    if (now >= m->next_look) {
        look_through_all(m, tree);
        m->pause = m->pause * 2 < MOST_NS ? m->pause * 2 : MOST_NS;
        m->next_look = now + m->pause;
        m->next_close = now + CLOSE_NS;
    } else if (now >= m->next_close) {
        m->next_close = look_closely(m, tree)
                            ? now + pause_after(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu)
                            : m->next_look;
    }
    return m->next_close < m->next_look ? m->next_close : m->next_look;
}
