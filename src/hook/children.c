/* children.c - see children.h. What is said about a command is in children_reach.c. */
#include "base/base.h"

#include "hook/children.h"

#include "base/clock.h"
#include "hook/children_reach.h"
#include "hook/own.h"
#include "hook/value_private.h"
#include "recorder/forks.h"
#include "recorder/recorder.h"
#include "recorder/registry.h"
#include "trail/exits.h"

#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

enum function {
    WAIT,
    WAIT3,
    WAIT4,
    WAITPID,
    WAITID,
    FORK,
    FORKPTY,
    EXIT,
    EXECV,
    EXECVE,
    POSIX_SPAWN,
    POSIX_SPAWNP,
    SYSTEM,
    FORK_EXEC,
    FUNCTIONS
};

/* ---- before and after the function ---------------------------------------------------------- */

/* os._exit(status), if it will not refuse: what it does with its argument is not tried out here. */
static void before_exit(const struct given *g, struct child *child)
{
    PyObject *status = given_at(g, 0, "status");
    int overflow = 0;
    long number;

    (void)child;
    if (status == NULL || !PyLong_Check(status) || given_count(g) != 1)
        return;
    number = PyLong_AsLongAndOverflow(status, &overflow);
    if (overflow == 0 && number >= INT_MIN && number <= INT_MAX)
        recorder_finish(TRAIL_FINISH__EXIT, (int)(number & 0xff));
}

static long item(PyObject *sequence, Py_ssize_t i)
{
    PyObject *number = PyTuple_Check(sequence) && i < PyTuple_GET_SIZE(sequence)
                           ? PyTuple_GET_ITEM(sequence, i)
                           : NULL;
    int overflow = 0;

    return number != NULL && PyLong_CheckExact(number) ? PyLong_AsLongAndOverflow(number, &overflow)
                                                       : 0;
}

/* Any child's: one that was started may have been recorded. */
static void end_by_signal(long pid, int number)
{
    trail_exits_note(recorder.config.run_folder, pid, "signal", number);
    forks_ended(pid, TRAIL_CHILD_SIGNALED, number);
}

/* (pid, status, ...) of wait() and its kin. */
static void after_wait(PyObject *result, struct child *child)
{
    int status;

    (void)child;
    if (result == NULL || !PyTuple_Check(result))
        return;
    status = (int)item(result, 1);
    if (item(result, 0) > 0 && WIFSIGNALED(status))
        end_by_signal(item(result, 0), WTERMSIG(status));
    else if (item(result, 0) > 0 && WIFEXITED(status))
        forks_ended(item(result, 0), TRAIL_CHILD_EXITED, WEXITSTATUS(status));
}

/* waitid_result: si_pid, si_uid, si_signo, si_status, si_code. */
static void after_waitid(PyObject *result, struct child *child)
{
    (void)child;
    if (result == NULL || item(result, 0) <= 0)
        return;
    if (item(result, 4) == CLD_KILLED || item(result, 4) == CLD_DUMPED)
        end_by_signal(item(result, 0), (int)item(result, 3));
    else if (item(result, 4) == CLD_EXITED)
        forks_ended(item(result, 0), TRAIL_CHILD_EXITED, (int)item(result, 3));
}

/* ---- fork ----------------------------------------------------------------------------------- */

static void before_fork(const struct given *g, struct child *child)
{
    (void)g;
    child->began_ns = forks_before();
}

/* The pid, or (pid, descriptor). In the child it is 0. */
static void after_fork(PyObject *result, struct child *child)
{
    int overflow = 0;
    long pid = 0;

    if (result != NULL && PyLong_CheckExact(result))
        pid = PyLong_AsLongAndOverflow(result, &overflow);
    else if (result != NULL)
        pid = item(result, 0);
    if (pid > 0)
        forks_began(pid, child->began_ns);
}

/* A forked child that has recorded nothing yet will not begin a trail of its own for this. */
static void before_exec(const struct given *g, struct child *child)
{
    if (!child_judge_exec(g, child))
        return;
    if (recorder_is_on())
        registry_tell_exec(TRAIL_FINISH_EXEC);
    child->told = recorder_is_on();
    child->silent = recorder_is_silent();
    if (child->silent)
        forks_tell_exec(false);
    child_note(child, (long)getpid());
}

static void after_exec(PyObject *result, struct child *child)
{
    (void)result;
    if (child->told)
        registry_tell_exec(TRAIL_FINISH_NOT);
    else if (child->silent)
        forks_tell_exec(true);
}

static void before_spawn(const struct given *g, struct child *child)
{
    child_judge_spawn(g, child);
}

static void before_fork_exec(const struct given *g, struct child *child)
{
    child_judge_fork_exec(g, child);
}

/* The result is the child's pid. */
static void after_start(PyObject *result, struct child *child)
{
    int overflow = 0;
    long pid;

    if (result == NULL || !PyLong_CheckExact(result))
        return;
    pid = PyLong_AsLongAndOverflow(result, &overflow);
    child_note(child, pid);
    forks_started(pid);
}

static void before_system(const struct given *g, struct child *child)
{
    child_judge_system(g, child);
    child_note(child, 0);
}

/* ---- the functions -------------------------------------------------------------------------- */

static struct watched {
    const char *module, *name;
    void (*before)(const struct given *g, struct child *child);
    void (*after)(PyObject *result, struct child *child);
    PyCFunction theirs; /* NULL: not found yet */
} watched[FUNCTIONS] = {
    [WAIT] = {"posix", "wait", NULL, after_wait, NULL},
    [WAIT3] = {"posix", "wait3", NULL, after_wait, NULL},
    [WAIT4] = {"posix", "wait4", NULL, after_wait, NULL},
    [WAITPID] = {"posix", "waitpid", NULL, after_wait, NULL},
    [WAITID] = {"posix", "waitid", NULL, after_waitid, NULL},
    [FORK] = {"posix", "fork", before_fork, after_fork, NULL},
    [FORKPTY] = {"posix", "forkpty", before_fork, after_fork, NULL},
    [EXIT] = {"posix", "_exit", before_exit, NULL, NULL},
    [EXECV] = {"posix", "execv", before_exec, after_exec, NULL},
    [EXECVE] = {"posix", "execve", before_exec, after_exec, NULL},
    [POSIX_SPAWN] = {"posix", "posix_spawn", before_spawn, after_start, NULL},
    [POSIX_SPAWNP] = {"posix", "posix_spawnp", before_spawn, after_start, NULL},
    [SYSTEM] = {"posix", "system", before_system, NULL, NULL},
    [FORK_EXEC] = {"_posixsubprocess", "fork_exec", before_fork_exec, after_start, NULL},
};

/* As the interpreter calls a C function, by its flags. */
typedef PyObject *fast_call(PyObject *self, PyObject *const *args, Py_ssize_t n);
typedef PyObject *keyword_call(PyObject *self, PyObject *const *args, Py_ssize_t n,
                               PyObject *names);
typedef void (*any_call)(void);

static void begin(enum function f, const struct given *g, struct child *child)
{
    if (watched[f].before == NULL || !own_begin())
        return;
    watched[f].before(g, child);
    own_end();
}

static PyObject *end(enum function f, PyObject *result, struct child *child)
{
    int saved = errno;

    if (watched[f].after != NULL)
        watched[f].after(result, child);
    errno = saved;
    return result;
}

/* One function in the four ways in which it may be called; which one it is may differ between versions. */
#define WATCH(f)                                                                           \
    static PyObject *fast_##f(PyObject *self, PyObject *const *args, Py_ssize_t n)         \
    {                                                                                      \
        struct given g = {args, n, NULL};                                                  \
        struct child child = {0};                                                          \
                                                                                           \
        begin(f, &g, &child);                                                              \
        return end(f, ((fast_call *)(any_call)watched[f].theirs)(self, args, n), &child);  \
    }                                                                                      \
    static PyObject *keywords_##f(PyObject *self, PyObject *const *args, Py_ssize_t n,     \
                                  PyObject *names)                                         \
    {                                                                                      \
        struct given g = {args, n, names};                                                 \
        struct child child = {0};                                                          \
                                                                                           \
        begin(f, &g, &child);                                                              \
        return end(f, ((keyword_call *)(any_call)watched[f].theirs)(self, args, n, names), \
                   &child);                                                                \
    }                                                                                      \
    static PyObject *plain_##f(PyObject *self, PyObject *args)                             \
    {                                                                                      \
        bool many = args != NULL && PyTuple_Check(args);                                   \
        struct given g = {many ? &PyTuple_GET_ITEM(args, 0) : NULL,                        \
                          many ? PyTuple_GET_SIZE(args) : 0, NULL};                        \
        struct child child = {0};                                                          \
                                                                                           \
        begin(f, &g, &child);                                                              \
        return end(f, watched[f].theirs(self, args), &child);                              \
    }

WATCH(WAIT)
WATCH(WAIT3)
WATCH(WAIT4)
WATCH(WAITPID)
WATCH(WAITID)
WATCH(FORK)
WATCH(FORKPTY)
WATCH(EXIT)
WATCH(EXECV)
WATCH(EXECVE)
WATCH(POSIX_SPAWN)
WATCH(POSIX_SPAWNP)
WATCH(SYSTEM)
WATCH(FORK_EXEC)

#define WAYS(f) [f] = {(any_call)fast_##f, (any_call)keywords_##f, (any_call)plain_##f}
static const struct {
    any_call fast, keywords, plain;
} ways[FUNCTIONS] = {
    WAYS(WAIT),        WAYS(WAIT3),        WAYS(WAIT4),  WAYS(WAITPID),   WAYS(WAITID),
    WAYS(FORK),        WAYS(FORKPTY),      WAYS(EXIT),   WAYS(EXECV),     WAYS(EXECVE),
    WAYS(POSIX_SPAWN), WAYS(POSIX_SPAWNP), WAYS(SYSTEM), WAYS(FORK_EXEC),
};

static any_call way_for(enum function f, int flags)
{
    switch (flags & ~METH_COEXIST) {
    case METH_FASTCALL:
        return ways[f].fast;
    case METH_FASTCALL | METH_KEYWORDS:
        return ways[f].keywords;
    case METH_NOARGS:
    case METH_VARARGS:
        return ways[f].plain;
    default:
        return NULL;
    }
}

/* ---- finding them --------------------------------------------------------------------------- */

bool children_complete;

/* os.supports_fd, if the function is in it. Borrowed. */
static PyObject *set_with(PyObject *modules, PyObject *function)
{
    PyObject *os = value_dict_get(modules, "os"), *set;

    if (os == NULL || !PyModule_Check(os))
        return NULL;
    set = value_dict_get(PyModule_GetDict(os), "supports_fd");
    return set != NULL && PySet_CheckExact(set) && PySet_Contains(set, function) == 1 ? set : NULL;
}

/* The hash of a C function is made of the address that it leads to: a set that has it would not find it again. */
static void lead(PyObject *modules, PyObject *function, PyCFunction to)
{
    struct pyc_error live;
    PyObject *set;

    pyc_error_save(&live);
    set = set_with(modules, function);
    if (set != NULL)
        PySet_Discard(set, function);
    ((PyCFunctionObject *)function)->m_ml->ml_meth = to;
    if (set != NULL)
        PySet_Add(set, function);
    PyErr_Clear();
    pyc_error_restore(&live);
}

/* Leads a function of an imported module through here. One that somebody has put another in the place of is left alone. */
static void watch(PyObject *modules, enum function f)
{
    PyObject *module = value_dict_get(modules, watched[f].module), *found;
    PyMethodDef *def;
    any_call ours;

    if (module == NULL || !PyModule_Check(module))
        return;
    found = value_dict_get(PyModule_GetDict(module), watched[f].name);
    if (found == NULL || !PyCFunction_CheckExact(found))
        return;
    def = ((PyCFunctionObject *)found)->m_ml;
    ours = way_for(f, def->ml_flags);
    if (ours == NULL || strcmp(def->ml_name, watched[f].name) != 0)
        return;
    watched[f].theirs = def->ml_meth;
    lead(modules, found, (PyCFunction)ours);
}

static void look_for_fork_exec(void)
{
    PyObject *modules = pyc_modules();

    if (modules == NULL)
        return;
    watch(modules, FORK_EXEC);
    children_complete = watched[FORK_EXEC].theirs != NULL;
}

void children_discover(const PyCodeObject *code)
{
    struct pyc_error live;

    look_for_fork_exec();
    /* multiprocessing's, which imports the module in its first line and calls the function in its next. */
    if (children_complete || !value_str_is(code->co_name, "spawnv_passfds"))
        return;
    pyc_error_save(&live);
    Py_XDECREF(PyImport_ImportModule("_posixsubprocess"));
    PyErr_Clear();
    pyc_error_restore(&live);
    look_for_fork_exec();
}

void children_listen(void)
{
    PyObject *modules = pyc_modules();

    child_expect();
    for (int f = 0; modules != NULL && f < FORK_EXEC; f++)
        if (watched[f].theirs == NULL)
            watch(modules, (enum function)f);
}
