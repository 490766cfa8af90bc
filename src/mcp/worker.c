/* worker.c - see worker.h. */
#include "base/base.h"

#include "base/io.h"
#include "mcp/ask.h"
#include "mcp/desk.h"
#include "mcp/jobs.h"
#include "mcp/message.h"
#include "mcp/tool.h"
#include "mcp/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool read_all(int fd, void *bytes, size_t len)
{
    char *p = bytes;

    while (len > 0) {
        ssize_t n = read(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_all(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool say(int fd, enum frame_kind kind, const struct buf *text)
{
    struct frame_head head = {(uint32_t)text->len, (uint8_t)kind};

    return write_all(fd, &head, sizeof(head)) && write_all(fd, buf_text(text), text->len);
}

/* ---- jobs --------------------------------------------------------------------------------------- */

static int run_call(struct desk *desk, const json_t *job, struct buf *out, struct error *err)
{
    const char *name = message_text(job, "tool");
    const struct question *tool = tool_find(name);
    struct tool_call call;
    int ret;

    if (tool == NULL)
        return error_set(err, ERR_FAILED, "there is no such tool");
    ret = tool_call_read(&call, tool, json_object_get(job, "arguments"), err);
    call.again = desk->options->again;
    if (ret == 0)
        ret = desk_open(desk, json_is_true(json_object_get(job, "fresh")), err);
    if (ret == ERR_DATABASE_NOT_FOUND)
        ret = question_empty(err);
    if (ret == 0)
        ret = tool_call_ask(&call, desk->store, desk->behind, desk->behind_events, out, err);
    tool_call_release(&call);
    return ret;
}

/* The other jobs only need a store. */
static int with_store(struct desk *desk, const json_t *job,
                      int (*run)(const json_t *, struct store *, struct buf *, struct error *),
                      struct buf *out, struct error *err)
{
    int ret = desk_open(desk, json_is_true(json_object_get(job, "fresh")), err);

    if (ret == ERR_DATABASE_NOT_FOUND)
        ret = question_empty(err);
    return ret == 0 ? run(job, desk->store, out, err) : ret;
}

static int run_traces(struct desk *desk, const json_t *job, struct buf *out, struct error *err)
{
    return with_store(desk, job, job_traces, out, err);
}

static int run_report(struct desk *desk, const json_t *job, struct buf *out, struct error *err)
{
    return with_store(desk, job, job_report, out, err);
}

static const struct {
    const char *kind;
    int (*run)(struct desk *desk, const json_t *job, struct buf *out, struct error *err);
} JOBS[] = {
    {"call", run_call},
    {"traces", run_traces},
    {"report", run_report},
};

static int run_job(struct desk *desk, const json_t *job, struct buf *out, struct error *err)
{
    const char *kind = message_text(job, "kind");

    for (size_t i = 0; kind != NULL && i < ARRAY_SIZE(JOBS); i++)
        if (strcmp(JOBS[i].kind, kind) == 0)
            return JOBS[i].run(desk, job, out, err);
    return error_set(err, ERR_FAILED, "unknown kind of job");
}

static bool work(struct desk *desk, int fd, const char *text, size_t len)
{
    struct buf out = BUF_INIT(LIMIT_FRAME_BYTES);
    json_t *job = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    struct error err = {0};
    int ret = run_job(desk, job, &out, &err);
    bool fine;

    if (ret < 0 || out.failed) {
        buf_clear(&out);
        tool_put_error(tool_find(message_text(job, "tool")), &err, &out);
    }
    /* First the store, then the answer: who gets it may run a command that writes. */
    if (!json_is_true(json_object_get(job, "keep")))
        desk_close(desk);
    fine = say(fd, ret < 0 ? FRAME_REFUSED : FRAME_ANSWER, &out);
    json_decref(job);
    buf_release(&out);
    return fine;
}

/* ---- the process -------------------------------------------------------------------------------- */

static void on_term(int signal)
{
    (void)signal;
    if (!desk_interrupt())
        _exit(0);
}

/* Nothing of the server's is left open, or a client that went away would never be seen to have gone. */
static int settle(int fd)
{
    struct sigaction term = {.sa_handler = on_term};
    sigset_t none;
    int null = open("/dev/null", O_RDONLY);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(null, STDIN_FILENO);
    if (fd != 3) {
        dup2(fd, 3);
        fd = 3;
    }
    io_close_from(4);
    sigemptyset(&term.sa_mask);
    sigaction(SIGTERM, &term, NULL);
    signal(SIGINT, SIG_IGN); /* the terminal's ^C is for the server, which ends us */
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return fd;
}

_Noreturn void worker_run(const struct serve_options *options, int fd)
{
    struct desk desk = {.options = options};
    struct frame_head head;
    bool going = true;

    fd = settle(fd);
    while (going && read_all(fd, &head, sizeof(head)) && head.len <= LIMIT_FRAME_BYTES) {
        char *text = malloc((size_t)head.len + 1);

        going = text != NULL && read_all(fd, text, head.len);
        if (going && head.kind == FRAME_CLOSE)
            desk_close(&desk);
        else if (going)
            going = work(&desk, fd, text, head.len);
        free(text);
    }
    desk_close(&desk);
    /* Without the server's exit handlers and its buffers, which are copies. */
    _exit(0);
}
