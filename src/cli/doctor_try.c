/* doctor_try.c - see doctor.h. Nothing is concluded from versions and paths: the Python is recorded, and the calls are counted. */
#include "base/base.h"

#include "base/buf.h"
#include "base/io.h"
#include "cli/doctor.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_SAID_BYTES 65536

/* Any Python can parse it. What it finds is one line, so that what a sitecustomize prints does no harm. */
static const char PROBE[] =
    "import sys\n"
    "def breadcrumb_doctor_probe():\n"
    "    return 1\n"
    "breadcrumb_doctor_probe()\n"
    "breadcrumb_doctor_probe()\n"
    "kind = getattr(getattr(sys, 'implementation', None), 'name', 'cpython')\n"
    "kind = {'cpython': 'CPython', 'pypy': 'PyPy'}.get(kind, kind)\n"
    "version = '.'.join([str(n) for n in sys.version_info[:3]])\n"
    "held = []\n"
    "if hasattr(sys, 'monitoring'):\n"
    "    for n in range(6):\n"
    "        name = sys.monitoring.get_tool(n)\n"
    "        if name is not None and name != 'breadcrumb':\n"
    "            held.append('%d %s' % (n, name))\n"
    "free = ' free-threaded' if not getattr(sys, '_is_gil_enabled', lambda: True)() else ''\n"
    "sys.stdout.write('\\nbreadcrumb-doctor|%s %s%s|%s\\n' % (kind, version, free, ', '.join(held)))\n";

static const char COUNT[] =
    "SELECT count(*) AS n FROM calls WHERE function_name = 'breadcrumb_doctor_probe'";

/* The user's settings are not what is tried. False: no memory. */
static bool forget_settings(const char *folder)
{
    for (char **entry = environ; *entry != NULL;) {
        char name[128];

        snprintf(name, sizeof(name), "%.*s", (int)strcspn(*entry, "="), *entry);
        if (strncmp(name, "BREADCRUMB_", 11) == 0 && unsetenv(name) == 0)
            entry = environ; /* they have moved up */
        else
            entry++;
    }
    return setenv("BREADCRUMB_HOME", folder, 1) == 0;
}

/* What one of our own commands says; both streams, or stdout alone. */
static int ask_ourselves(const char *folder, const char *const argv[], bool both, struct buf *said)
{
    int ends[2], status = -1;
    ssize_t n;
    char part[4096];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR);

        dup2(nothing, STDIN_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        dup2(both ? ends[1] : nothing, STDERR_FILENO);
        if (chdir(folder) == 0 && forget_settings(folder))
            execv("/proc/self/exe", (char *const *)argv);
        _exit(EXIT_CODE_CANNOT_START);
    }
    close(ends[1]);
    while (pid > 0 && (n = read(ends[0], part, sizeof(part))) != 0) {
        if (n > 0)
            buf_put(said, part, (size_t)n);
        else if (errno != EINTR)
            break;
    }
    close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The text up to `end`, as far as there is room. */
static const char *take(const char *from, const char *end, char *ret, size_t size)
{
    size_t len = strcspn(from, end), kept = len < size ? len : size - 1;

    memcpy(ret, from, kept);
    ret[kept] = '\0';
    return from[len] != '\0' ? from + len + 1 : from + len;
}

static void read_probe(const char *said, struct doctor_python *ret)
{
    static const char MARK[] = "\nbreadcrumb-doctor|";
    const char *line = strstr(said, MARK);

    if (line != NULL) {
        line = take(line + strlen(MARK), "|\n", ret->version, sizeof(ret->version));
        take(line, "\n", ret->tools, sizeof(ret->tools));
    }
}

/* What was said behind the line at the start. */
static const char *behind_start(const char *said)
{
    const char *last = strstr(said, "\n(config: ");
    const char *end = last != NULL ? strchr(last + 1, '\n') : NULL;

    said = end != NULL ? end : said;
    return said + strspn(said, "\n");
}

/* Our own words about it, without our name in front; else the first that it said itself. */
static void read_reason(const char *said, int status, struct doctor_python *ret)
{
    const char *own = behind_start(said);
    static const char OURS[] = "breadcrumb: ", NOTHING[] = "nothing was recorded\n";
    const char *line =
        strncmp(said, OURS, strlen(OURS)) == 0 ? said : strstr(said, "\nbreadcrumb: ");
    const char *words = line != NULL ? strstr(line, OURS) + strlen(OURS) : "";

    /* Why, if that was seen, is in the line behind it. */
    if (strncmp(words, NOTHING, strlen(NOTHING)) == 0 && strstr(words, "\nbreadcrumb: ") != NULL)
        words = strstr(words, "\nbreadcrumb: ") + 1 + strlen(OURS);

    if (ret->version[0] == '\0' && status == 0)
        snprintf(ret->why, sizeof(ret->why), "it is no Python: it ran the program without a word");
    else if (ret->version[0] == '\0')
        snprintf(ret->why, sizeof(ret->why), "it does not run (status %d): %.*s", status,
                 (int)strcspn(own, "\n"), own);
    else if (line != NULL)
        take(words, "\n", ret->why, sizeof(ret->why));
    else
        snprintf(ret->why, sizeof(ret->why), "it ran, and nothing of it was recorded");
}

/* The count in csv, behind its head. The backend is what the default, auto, takes. */
static void read_count(const char *said, struct doctor_python *ret)
{
    const char *row = strchr(said, '\n'), *minor = strchr(ret->version, '.');

    ret->recorded = row != NULL && strtol(row + 1, NULL, 10) == 2;
    if (ret->recorded && minor != NULL)
        ret->backend = strtol(minor + 1, NULL, 10) >= 12 ? "pep669" : "settrace";
}

static void try_in(const char *folder, const char *path, struct doctor_python *ret)
{
    struct buf said = BUF_INIT(LIMIT_SAID_BYTES), counted = BUF_INIT(LIMIT_SAID_BYTES);
    const char *const run[] = {"breadcrumb", "--db-path", "doctor.duckdb", "run",
                               "-t",         "10",        "--workspace",   folder,
                               "--",         path,        "probe.py",      NULL};
    const char *const count[] = {"breadcrumb", "--db-path", "doctor.duckdb", "--format",
                                 "csv",        "query",     COUNT,           NULL};
    int status = ask_ourselves(folder, run, true, &said);

    read_probe(buf_text(&said), ret);
    if (ask_ourselves(folder, count, false, &counted) == EXIT_CODE_OK)
        read_count(buf_text(&counted), ret);
    if (!ret->recorded)
        read_reason(buf_text(&said), status, ret);
    buf_release(&said);
    buf_release(&counted);
}

int doctor_try(const char *path, struct doctor_python *ret, struct error *err)
{
    const char *tmp = getenv("TMPDIR");
    char folder[LIMIT_PATH_BYTES];
    char *probe;
    int code;

    *ret = (struct doctor_python){0};
    snprintf(folder, sizeof(folder), "%s/breadcrumb-doctor-XXXXXX",
             tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL)
        return error_set_errno(err, ERR_SYSTEM, "cannot make a folder to try Pythons in, '%s'",
                               folder);
    probe = io_join(folder, "probe.py");
    code = probe != NULL ? io_write_atomic(probe, PROBE, strlen(PROBE), 0600, err)
                         : error_set(err, ERR_FAILED, "out of memory");
    if (code == 0)
        try_in(folder, path, ret);
    free(probe);
    io_remove_tree(folder, NULL);
    return code;
}
