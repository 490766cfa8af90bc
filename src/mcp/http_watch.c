/* http_watch.c - see http_watch.h. */
#include "base/base.h"

#include "base/clock.h"
#include "mcp/http_watch.h"

#include <dirent.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define LOOK_NS 1000000000LL
#define NS_PER_S 1000000000LL
#define SPARE_FILES 64 /* for everything that is no connection */
#define LIMIT_FILES 65536

void http_watch_init(struct http_watch *watch)
{
    struct rlimit files;

    *watch = (struct http_watch){0};
    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return;
    if (files.rlim_cur < LIMIT_CONNECTIONS + SPARE_FILES) {
        files.rlim_cur = files.rlim_max < LIMIT_CONNECTIONS + SPARE_FILES
                             ? files.rlim_max
                             : LIMIT_CONNECTIONS + SPARE_FILES;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

void http_watch_release(struct http_watch *watch)
{
    free(watch->seen);
}

static struct seen *seen_of(struct http_watch *watch, int fd)
{
    size_t n = watch->nseen > 0 ? watch->nseen : 256;
    struct seen *more;

    if (fd < 0 || fd >= LIMIT_FILES)
        return NULL;
    while (n <= (size_t)fd)
        n *= 2;
    if (n > watch->nseen) {
        more = realloc(watch->seen, n * sizeof(*more));
        if (more == NULL)
            return NULL;
        memset(more + watch->nseen, 0, (n - watch->nseen) * sizeof(*more));
        watch->seen = more;
        watch->nseen = n;
    }
    return &watch->seen[fd];
}

/* What is known of a connection; begins anew where the number stands for another than before. NULL: none of ours. */
static struct seen *look_at(struct http_watch *watch, int fd)
{
    struct sockaddr_storage ours, peer;
    socklen_t ours_len = sizeof(ours), peer_len = sizeof(peer);
    struct seen *seen;
    struct stat st;
    in_port_t port;

    if (getsockname(fd, (struct sockaddr *)&ours, &ours_len) < 0 ||
        (ours.ss_family != AF_INET && ours.ss_family != AF_INET6) ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0 || fstat(fd, &st) < 0)
        return NULL;
    port = ours.ss_family == AF_INET ? ((struct sockaddr_in *)&ours)->sin_port
                                     : ((struct sockaddr_in6 *)&ours)->sin6_port;
    seen = ntohs(port) == watch->port ? seen_of(watch, fd) : NULL;
    if (seen != NULL && seen->inode != st.st_ino)
        *seen = (struct seen){.inode = st.st_ino, .since_ns = clock_mono_ns()};
    return seen;
}

void http_watch_request(struct http_watch *watch, struct evhttp_request *req)
{
    struct bufferevent *link =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
    struct seen *seen = look_at(watch, (int)bufferevent_getfd(link));

    if (seen == NULL)
        return;
    seen->since_ns = clock_mono_ns();
    seen->asked = true;
}

static void accept_or_not(struct http_watch *watch, size_t connections)
{
    bool full = connections >= LIMIT_CONNECTIONS;

    if (full == watch->full)
        return;
    watch->full = full;
    for (size_t i = 0; i < ARRAY_SIZE(watch->listeners); i++) {
        if (watch->listeners[i] != NULL && full)
            evconnlistener_disable(watch->listeners[i]);
        else if (watch->listeners[i] != NULL)
            evconnlistener_enable(watch->listeners[i]);
    }
}

void http_watch_look(struct http_watch *watch, const struct exchanges *exchanges)
{
    int64_t now = clock_mono_ns();
    size_t connections = 0;
    struct dirent *entry;
    DIR *dir;

    if (now - watch->looked_ns < LOOK_NS)
        return;
    watch->looked_ns = now;
    for (const struct exchange *x = exchanges->first; x != NULL; x = x->next) {
        struct seen *seen = look_at(watch, exchange_fd(x));

        if (seen != NULL)
            seen->since_ns = now;
    }
    dir = opendir("/proc/self/fd");
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        const struct seen *seen = fd > 2 ? look_at(watch, fd) : NULL;

        if (seen == NULL)
            continue;
        connections++;
        if (now - seen->since_ns >
            (seen->asked ? HTTP_WATCH_PATIENCE_S : HTTP_WATCH_FIRST_S) * NS_PER_S)
            shutdown(fd, SHUT_RDWR);
    }
    if (dir != NULL)
        closedir(dir);
    accept_or_not(watch, connections);
}
