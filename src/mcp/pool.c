/* pool.c - see pool.h. */
#include "base/base.h"

#include "base/clock.h"
#include "mcp/ask.h"
#include "mcp/pool.h"
#include "mcp/worker.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRESH_NS 1000000000LL /* what was recorded is taken in at most this often */
#define BUSY_NS \
    100000000LL /* a job that has run for so long lets the next have a worker of its own */
#define PATIENCE_NS \
    55000000000LL             /* longer than a query's own limit and all waiting for the store */
#define GRACE_NS 70000000LL   /* from SIGTERM to SIGKILL */
#define IDLE_NS 10000000000LL /* a worker that nobody needs ends: its memory is worth more */
#define TICK_US 20000
#define SLOW_TICK_S 1

struct job {
    struct job *next;
    json_t *what; /* Owned */
    job_done *done;
    void *ctx;
    bool again; /* asked a second time, as its first worker died under it */
};

struct worker {
    pid_t pid; /* 0: there is none */
    struct bufferevent *link;
    struct pool *pool;
    struct job *job;      /* Owned: what it does now; NULL: nothing, or something cancelled */
    bool busy, keeps;     /* at a job; has the store open */
    int64_t since_ns;     /* busy: the job's beginning, else the last one's end */
    int64_t interrupt_ns; /* when it was told to stop; 0: it was not */
};

struct pool {
    struct event_base *base;             /* Borrowed */
    const struct serve_options *options; /* Borrowed */
    struct worker workers[LIMIT_WORKERS];
    struct job *first, *last; /* the line */
    size_t waiting;
    int64_t fresh_ns; /* when trails were taken in last */
    struct event *tick;
};

static void dispatch(struct pool *pool);

static void job_free(struct job *job)
{
    if (job == NULL)
        return;
    json_decref(job->what);
    free(job);
}

/* ---- workers ------------------------------------------------------------------------------------ */

static void bury(struct worker *w)
{
    if (w->link != NULL)
        bufferevent_free(w->link);
    if (w->pid > 0) {
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
    }
    w->link = NULL;
    w->pid = 0;
    w->busy = w->keeps = false;
    w->interrupt_ns = 0;
}

static void end_job(struct worker *w, enum job_end end, const char *text, size_t len)
{
    struct job *job = w->job;

    w->job = NULL;
    w->busy = false;
    w->interrupt_ns = 0;
    w->since_ns = clock_mono_ns();
    if (job == NULL)
        return;
    job->done(job->ctx, end, text, len);
    job_free(job);
}

/* The worker is gone, or has to go: its job gets the error. */
static void fail_job(struct worker *w, int code, const char *message, const char *suggestion)
{
    struct buf text = BUF_INIT(LIMIT_FRAME_BYTES);
    struct error err;

    error_set(&err, code, "%s", message);
    error_suggest(&err, "%s", suggestion);
    tool_put_error(NULL, &err, &text);
    bury(w);
    end_job(w, JOB_REFUSED, buf_text(&text), text.len);
    buf_release(&text);
}

static void on_frames(struct bufferevent *link, void *ctx)
{
    struct worker *w = ctx;
    struct evbuffer *in = bufferevent_get_input(link);
    struct frame_head head;
    struct pool *pool = w->pool;

    while (w->link != NULL && evbuffer_copyout(in, &head, sizeof(head)) == sizeof(head) &&
           evbuffer_get_length(in) >= sizeof(head) + head.len) {
        /* The signal may come only after its answer, and would then end it at its next job. */
        bool told_to_stop = w->interrupt_ns != 0;
        const char *text;

        evbuffer_drain(in, sizeof(head));
        text = (const char *)evbuffer_pullup(in, (ssize_t)head.len);
        end_job(w, head.kind == FRAME_ANSWER ? JOB_ANSWERED : JOB_REFUSED, text != NULL ? text : "",
                head.len);
        if (told_to_stop)
            bury(w);
        else if (w->link != NULL)
            evbuffer_drain(in, head.len);
    }
    dispatch(pool);
}

static void put_first(struct pool *pool, struct job *job)
{
    job->next = pool->first;
    pool->first = job;
    if (pool->last == NULL)
        pool->last = job;
    pool->waiting++;
}

/* All jobs only read, so one whose worker died may be asked again: who died may have been a victim (of the
 * kernel's hunt for memory, of a rare fault in the database's threads). A job that kills two is to blame. */
static void on_gone(struct bufferevent *link, short what, void *ctx)
{
    struct worker *w = ctx;
    struct job *job = w->job;

    (void)link;
    (void)what;
    if (job != NULL && !job->again && w->interrupt_ns == 0) {
        job->again = true;
        w->job = NULL;
        bury(w);
        put_first(w->pool, job);
    } else {
        fail_job(w, ERR_FAILED, "the query ended its process",
                 "ask for something else: the server goes on");
    }
    dispatch(w->pool);
}

/* No signal comes between fork() and worker_run()'s own handlers: libevent's would write to the pipe that
 * the two share, and the server would take what was meant for its worker. */
static pid_t fork_worker(const struct pool *pool, int fd)
{
    sigset_t all, before;
    pid_t pid;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0)
        worker_run(pool->options, fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static bool start(struct pool *pool, struct worker *w)
{
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return false;
    pid = fork_worker(pool, ends[1]);
    close(ends[1]);
    *w = (struct worker){.pool = pool, .pid = pid, .since_ns = clock_mono_ns()};
    if (pid > 0) {
        evutil_make_socket_nonblocking(ends[0]);
        w->link = bufferevent_socket_new(pool->base, ends[0], BEV_OPT_CLOSE_ON_FREE);
    }
    if (w->link == NULL) {
        bury(w);
        w->pid = 0;
        close(ends[0]);
        return false;
    }
    bufferevent_setcb(w->link, on_frames, NULL, on_gone, w);
    bufferevent_enable(w->link, EV_READ | EV_WRITE);
    return true;
}

static void send_frame(struct worker *w, enum frame_kind kind, const char *text)
{
    struct frame_head head = {(uint32_t)strlen(text), (uint8_t)kind};

    bufferevent_write(w->link, &head, sizeof(head));
    bufferevent_write(w->link, text, head.len);
}

/* ---- the line ----------------------------------------------------------------------------------- */

/* A worker for the next job: one that is idle, or a new one where all others are at something long. */
static struct worker *choose(struct pool *pool)
{
    struct worker *unused = NULL;
    int64_t now = clock_mono_ns();
    bool all_long = true;

    for (size_t i = 0; i < LIMIT_WORKERS; i++) {
        struct worker *w = &pool->workers[i];

        if (w->pid == 0) {
            unused = unused != NULL ? unused : w;
            continue;
        }
        if (!w->busy)
            return w;
        all_long = all_long && now - w->since_ns > BUSY_NS;
    }
    return unused != NULL && all_long && start(pool, unused) ? unused : NULL;
}

static void begin_job(struct pool *pool, struct worker *w, struct job *job)
{
    int64_t now = clock_mono_ns();
    bool fresh = pool->fresh_ns == 0 || now - pool->fresh_ns >= FRESH_NS;
    char *text;

    if (fresh)
        pool->fresh_ns = now;
    w->keeps = pool->first != NULL;
    json_object_set_new(job->what, "fresh", json_boolean(fresh));
    json_object_set_new(job->what, "keep", json_boolean(w->keeps));
    text = json_dumps(job->what, JSON_COMPACT);
    w->job = job;
    w->busy = true;
    w->since_ns = now;
    if (text == NULL) {
        fail_job(w, ERR_FAILED, "memory is out", "ask for less");
        return;
    }
    send_frame(w, FRAME_JOB, text);
    free(text);
}

static void dispatch(struct pool *pool)
{
    struct worker *w;

    while (pool->first != NULL && (w = choose(pool)) != NULL) {
        struct job *job = pool->first;

        pool->first = job->next;
        if (pool->first == NULL)
            pool->last = NULL;
        pool->waiting--;
        begin_job(pool, w, job);
    }
    for (size_t i = 0; i < LIMIT_WORKERS; i++) {
        w = &pool->workers[i];
        if (w->pid > 0 && !w->busy && w->keeps && pool->first == NULL) {
            send_frame(w, FRAME_CLOSE, "");
            w->keeps = false;
        }
    }
}

/* Looks again soon while something is going on, seldom while workers only wait, never without any. */
static void rearm(struct pool *pool)
{
    struct timeval soon = {0, TICK_US}, seldom = {SLOW_TICK_S, 0};
    bool alive = false;

    for (size_t i = 0; i < LIMIT_WORKERS; i++)
        alive = alive || pool->workers[i].pid > 0;
    if (!pool_idle(pool))
        event_add(pool->tick, &soon);
    else if (alive)
        event_add(pool->tick, &seldom);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct pool *pool = ctx;
    int64_t now = clock_mono_ns();

    (void)fd;
    (void)what;
    for (size_t i = 0; i < LIMIT_WORKERS; i++) {
        struct worker *w = &pool->workers[i];

        if (w->pid == 0)
            continue;
        if (w->interrupt_ns != 0 && now - w->interrupt_ns > GRACE_NS)
            fail_job(w, ERR_FAILED, "the query was cancelled", "");
        else if (w->busy && now - w->since_ns > PATIENCE_NS)
            fail_job(w, ERR_QUERY_TIMEOUT, "Query exceeded 30 second timeout",
                     "Use LIMIT to reduce result set or simplify your query");
        else if (!w->busy && now - w->since_ns > IDLE_NS)
            bury(w);
    }
    dispatch(pool);
    rearm(pool);
}

/* ---- the pool ----------------------------------------------------------------------------------- */

struct pool *pool_new(struct event_base *base, const struct serve_options *options)
{
    struct pool *pool = calloc(1, sizeof(*pool));

    if (pool == NULL)
        return NULL;
    pool->base = base;
    pool->options = options;
    pool->tick = event_new(base, -1, 0, on_tick, pool);
    if (pool->tick == NULL) {
        free(pool);
        return NULL;
    }
    return pool;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < LIMIT_WORKERS; i++) {
        bury(&pool->workers[i]);
        job_free(pool->workers[i].job);
    }
    while (pool->first != NULL) {
        struct job *job = pool->first;

        pool->first = job->next;
        job_free(job);
    }
    event_free(pool->tick);
    free(pool);
}

struct job *pool_submit(struct pool *pool, json_t *what, job_done *done, void *ctx)
{
    struct job *job = what != NULL ? calloc(1, sizeof(*job)) : NULL;

    if (job == NULL || pool->waiting >= LIMIT_JOBS_WAITING) {
        json_decref(what);
        free(job);
        return NULL;
    }
    *job = (struct job){.what = what, .done = done, .ctx = ctx};
    if (pool->last != NULL)
        pool->last->next = job;
    else
        pool->first = job;
    pool->last = job;
    pool->waiting++;
    /* Not from here: done may only be called after the handle was returned. */
    event_active(pool->tick, EV_TIMEOUT, 0);
    return job;
}

static bool forget_waiting(struct pool *pool, const struct job *job)
{
    struct job *before = NULL;

    for (struct job *j = pool->first; j != NULL; before = j, j = j->next) {
        if (j != job)
            continue;
        if (before != NULL)
            before->next = j->next;
        else
            pool->first = j->next;
        if (pool->last == j)
            pool->last = before;
        pool->waiting--;
        job_free(j);
        return true;
    }
    return false;
}

void pool_cancel(struct pool *pool, struct job *job)
{
    if (forget_waiting(pool, job))
        return;
    for (size_t i = 0; i < LIMIT_WORKERS; i++) {
        struct worker *w = &pool->workers[i];

        if (w->pid == 0 || w->job != job)
            continue;
        job_free(job);
        w->job = NULL;
        w->interrupt_ns = clock_mono_ns();
        kill(w->pid, SIGTERM);
    }
}

bool pool_idle(const struct pool *pool)
{
    for (size_t i = 0; i < LIMIT_WORKERS; i++)
        if (pool->workers[i].busy)
            return false;
    return pool->first == NULL;
}
