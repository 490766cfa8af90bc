/* run_child.c - see run_child.h: the start. The waiting is in run_watch.c. */
#include "base/base.h"

#include "base/io.h"
#include "cli/exit_codes.h"
#include "cli/run_child.h"
#include "cli/run_watch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- is there such a command ---------------------------------------------------------------- */

static int refusal(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return EXIT_CODE_NO_COMMAND;
    case ENOMEM:
    case EAGAIN:
    case EMFILE:
    case ENFILE:
        return EXIT_CODE_CANNOT_START;
    default:
        return EXIT_CODE_NOT_EXECUTABLE;
    }
}

static bool is_runnable(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return false;
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return false;
    }
    return access(path, X_OK) == 0;
}

/* Looks for a word as execvp() will. Returns 0 or an errno. */
static int look_along_path(const char *word)
{
    const char *path = getenv("PATH");
    int error = ENOENT;

    if (path == NULL)
        path = "/bin:/usr/bin";
    for (;;) {
        size_t len = strcspn(path, ":");
        char *candidate = NULL;
        bool found;

        if (asprintf(&candidate, "%.*s%s%s", (int)len, path, len > 0 ? "/" : "", word) < 0)
            return ENOMEM;
        found = is_runnable(candidate);
        free(candidate);
        if (found)
            return 0;
        if (errno == EACCES)
            error = EACCES;
        if (path[len] == '\0')
            return error;
        path += len + 1;
    }
}

static int look_for(const char *word)
{
    if (word[0] == '\0')
        return ENOENT;
    if (strchr(word, '/') == NULL)
        return look_along_path(word);
    return is_runnable(word) ? 0 : errno;
}

static int refuse(const char *word, int error, struct error *err)
{
    size_t len = strlen(word);
    int status = refusal(error);

    if (status == EXIT_CODE_CANNOT_START) {
        error_set(err, ERR_SYSTEM, "cannot start '%.200s': %s", word, strerror(error));
        return status;
    }
    if (status == EXIT_CODE_NO_COMMAND && look_for(word) == 0) {
        error_set(err, ERR_SYSTEM,
                  "cannot run '%.200s': the program that its first line names is missing", word);
        error_suggest(
            err, "name another one to run it with: breadcrumb run -t SECONDS PROGRAM %.200s", word);
        return status;
    }
    if (status == EXIT_CODE_NO_COMMAND)
        error_set(err, ERR_SYSTEM, "cannot run '%.200s': there is no such command", word);
    else
        error_set(err, ERR_SYSTEM, "cannot run '%.200s': %s", word, strerror(error));
    if (len > 3 && strcmp(word + len - 3, ".py") == 0 && io_exists(word) && !io_is_dir(word))
        error_suggest(err, "name its interpreter: breadcrumb run -t SECONDS python %.200s", word);
    else if (status == EXIT_CODE_NO_COMMAND)
        error_suggest(err, "check the spelling, or give its path");
    else if (io_is_dir(word))
        error_suggest(err, "name the program that is to run");
    else
        error_suggest(err, "make it executable, or name the program that runs it");
    return status;
}

int run_child_check(const char *word, struct error *err)
{
    int error = look_for(word);

    return error == 0 ? 0 : refuse(word, error, err);
}

/* ---- the start ------------------------------------------------------------------------------ */

/* In the child. What fails is told through the pipe, which a successful exec closes. */
static void become(const struct run_child_spec *spec, const struct run_signals *signals, int pipe)
{
    int error = ENOMEM;

    if (spec->place == NULL || run_place_enter(spec->place)) {
        run_signals_give_back(signals);
        execvp(spec->argv[0], spec->argv);
        error = errno;
    }
    while (write(pipe, &error, sizeof(error)) < 0 && errno == EINTR)
        ;
    _exit(EXIT_CODE_NO_COMMAND);
}

/* The errno with which the command could not be started; 0: it runs. */
static int start(const struct run_child_spec *spec, const struct run_signals *signals,
                 pid_t *ret_pid)
{
    int ends[2], error = 0;
    ssize_t n;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return errno;
    pid = fork();
    if (pid == 0)
        become(spec, signals, ends[1]);
    if (pid < 0)
        error = errno;
    close(ends[1]);
    while (pid > 0 && (n = read(ends[0], &error, sizeof(error))) < 0 && errno == EINTR)
        ;
    close(ends[0]);
    if (error != 0 && pid > 0)
        waitpid(pid, NULL, 0);
    *ret_pid = pid;
    return error;
}

int run_child(const struct run_child_spec *spec, struct run_outcome *ret, struct error *err)
{
    struct run_signals signals;
    int error;

    memset(ret, 0, sizeof(*ret));
    run_signals_take(&signals);
    error = start(spec, &signals, &ret->pid);
    if (error == 0)
        run_watch(spec, &signals, ret);
    run_signals_drain(&signals);
    run_signals_give_back(&signals);
    return error == 0 ? 0 : refuse(spec->argv[0], error, err);
}
