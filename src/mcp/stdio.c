/*
 * stdio.c - the server on stdin and stdout: one message a line, both ways.
 *
 * Nothing else ever reaches stdout: what was file 1 is kept for the protocol alone, and file 1 becomes stderr.
 */
#include "base/base.h"

#include "base/clock.h"
#include "mcp/batch.h"
#include "mcp/lines.h"
#include "mcp/server.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES (256 * 1024)
#define LIMIT_UNREAD (8 * 1024 * 1024) /* of output: beyond it no more input is read */
#define AFTER_EOF_US 800000            /* what is under way may still end */

struct stdio {
    struct event_base *base;
    struct server *server;
    struct peer peer;
    struct outlet outlet; /* one for all: every answer is a line */
    struct lines lines;
    struct evbuffer *out;
    int in_fd, out_fd;
    int out_flags; /* as they were; -1: not changed */
    struct event *reading, *writing, *ending, *signals[3];
    bool ended; /* no more input */
};

/* ---- output ------------------------------------------------------------------------------------- */

static void stop_if_done(struct stdio *s)
{
    if (s->ended && !server_busy(s->server) && evbuffer_get_length(s->out) == 0)
        event_base_loopbreak(s->base);
}

static void flush_out(struct stdio *s)
{
    while (evbuffer_get_length(s->out) > 0) {
        int n = evbuffer_write(s->out, s->out_fd);

        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            event_add(s->writing, NULL);
            return;
        }
        if (n <= 0) { /* nobody reads any more */
            event_base_loopbreak(s->base);
            return;
        }
    }
    if (!s->ended)
        event_add(s->reading, NULL);
    stop_if_done(s);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    flush_out(ctx);
}

static void put_line(struct stdio *s, const char *json, size_t len)
{
    evbuffer_add(s->out, json, len);
    evbuffer_add(s->out, "\n", 1);
    flush_out(s);
}

static struct stdio *of_outlet(struct outlet *outlet)
{
    return (struct stdio *)((char *)outlet - offsetof(struct stdio, outlet));
}

static void say(struct outlet *outlet, const char *json, size_t len)
{
    put_line(of_outlet(outlet), json, len);
}

static void finish(struct outlet *outlet, int code, const char *json, size_t len)
{
    struct stdio *s = of_outlet(outlet);

    (void)code;
    if (json != NULL)
        put_line(s, json, len);
    stop_if_done(s);
}

static void tell(struct peer *peer, const char *json, size_t len)
{
    put_line((struct stdio *)((char *)peer - offsetof(struct stdio, peer)), json, len);
}

/* ---- input -------------------------------------------------------------------------------------- */

static void take_line(struct stdio *s, const char *text, size_t len)
{
    struct message m;

    message_read(&m, text, len);
    if (batch_is(&s->peer, &m))
        batch_take(s->server, &s->peer, &m, &s->outlet);
    else
        server_take(s->server, &s->peer, &m, &s->outlet);
    message_release(&m);
}

static void refuse_line(struct stdio *s)
{
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);

    server_put_error(&out, NULL, RPC_INVALID_REQUEST, "the message is longer than 2 MiB");
    put_line(s, buf_text(&out), out.len);
    buf_release(&out);
}

static void take_lines(struct stdio *s)
{
    enum lines_found found;
    const char *text = NULL;
    size_t len = 0;

    while ((found = lines_next(&s->lines, &text, &len)) != LINES_NONE) {
        if (found == LINES_ONE)
            take_line(s, text, len);
        else
            refuse_line(s);
    }
}

static void end_input(struct stdio *s)
{
    struct timeval grace = {0, AFTER_EOF_US};

    s->ended = true;
    event_del(s->reading);
    event_add(s->ending, &grace);
    lines_end(&s->lines);
    take_lines(s);
    stop_if_done(s);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct stdio *s = ctx;
    static char bytes[READ_BYTES];
    ssize_t n = read(fd, bytes, sizeof(bytes));

    (void)what;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        end_input(s);
        return;
    }
    lines_add(&s->lines, bytes, (size_t)n);
    take_lines(s);
    /* A client that does not read what it asked for is not listened to until it does. */
    if (evbuffer_get_length(s->out) > LIMIT_UNREAD)
        event_del(s->reading);
}

static void on_end(evutil_socket_t fd, short what, void *ctx)
{
    struct stdio *s = ctx;

    (void)fd;
    (void)what;
    event_base_loopbreak(s->base);
}

static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
    struct stdio *s = ctx;

    server_end_streams(s->server);
    on_end(fd, what, ctx);
}

/* ---- beginning and end -------------------------------------------------------------------------- */

static bool take_streams(struct stdio *s)
{
    struct stat st;

    s->in_fd = STDIN_FILENO;
    s->out_flags = -1;
    s->out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (s->out_fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return false;
    /* A pipe's mode is ours alone; a terminal's would change for the shell too, and it does not block for long. */
    if (fstat(s->out_fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))) {
        s->out_flags = fcntl(s->out_fd, F_GETFL);
        fcntl(s->out_fd, F_SETFL, s->out_flags | O_NONBLOCK);
    }
    return true;
}

/* epoll knows no plain files, and input may come from one. */
static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL) {
        event_config_avoid_method(config, "epoll");
        base = event_base_new_with_config(config);
        event_config_free(config);
    }
    return base;
}

static bool begin(struct stdio *s, const struct serve_options *options)
{
    static const int ENDING[] = {SIGTERM, SIGINT, SIGHUP};
    bool fine;

    signal(SIGPIPE, SIG_IGN);
    s->base = make_base();
    s->out = evbuffer_new();
    if (s->base == NULL || s->out == NULL || !take_streams(s))
        return false;
    s->server = server_new(s->base, options);
    s->reading = event_new(s->base, s->in_fd, EV_READ | EV_PERSIST, on_readable, s);
    s->writing = event_new(s->base, s->out_fd, EV_WRITE, on_writable, s);
    s->ending = event_new(s->base, -1, 0, on_end, s);
    fine = s->server != NULL && s->reading != NULL && s->writing != NULL && s->ending != NULL;
    for (size_t i = 0; i < ARRAY_SIZE(ENDING); i++) {
        s->signals[i] = evsignal_new(s->base, ENDING[i], on_signal, s);
        fine = fine && s->signals[i] != NULL && event_add(s->signals[i], NULL) == 0;
    }
    return fine && event_add(s->reading, NULL) == 0;
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void release(struct stdio *s)
{
    server_free(s->server);
    free_event(s->reading);
    free_event(s->writing);
    free_event(s->ending);
    for (size_t i = 0; i < ARRAY_SIZE(s->signals); i++)
        free_event(s->signals[i]);
    if (s->out != NULL)
        evbuffer_free(s->out);
    if (s->base != NULL)
        event_base_free(s->base);
    if (s->out_flags >= 0)
        fcntl(s->out_fd, F_SETFL, s->out_flags);
    lines_release(&s->lines);
}

int serve_stdio(const struct serve_options *options, struct error *err)
{
    struct stdio s = {
        .peer = {.tell = tell}, .outlet = {say, finish}, .lines = LINES_INIT(LIMIT_MESSAGE_BYTES)};
    int ret = 0;

    if (begin(&s, options))
        event_base_dispatch(s.base);
    else
        ret = error_set_errno(err, ERR_SYSTEM, "cannot listen on stdin");
    release(&s);
    return ret;
}
