/* children_reach.c - see children_reach.h. */
#include "base/base.h"

#include "hook/children_reach.h"

#include "hook/own.h"
#include "hook/value_private.h"
#include "recorder/recorder.h"
#include "recorder/registry.h"

#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 1024 /* small: a thread's stack may be */

static bool expected;

PyObject *given_at(const struct given *g, Py_ssize_t place, const char *name)
{
    if (place < g->n)
        return g->args[place];
    for (Py_ssize_t i = 0; g->names != NULL && i < PyTuple_GET_SIZE(g->names); i++)
        if (value_str_is(PyTuple_GET_ITEM(g->names, i), name))
            return g->args[g->n + i];
    return NULL;
}

Py_ssize_t given_count(const struct given *g)
{
    return g->n + (g->names != NULL ? PyTuple_GET_SIZE(g->names) : 0);
}

void child_expect(void)
{
    expected = expected || getenv(REACH_RUN) != NULL;
}

/* ---- texts ---------------------------------------------------------------------------------- */

/* A str or bytes as text; false: it is something else, or does not fit. */
static bool take_text(PyObject *object, char *text, size_t size)
{
    size_t len;

    if (object == NULL)
        return false;
    if (PyBytes_Check(object)) {
        len = (size_t)PyBytes_GET_SIZE(object);
        if (len >= size)
            return false;
        memcpy(text, PyBytes_AS_STRING(object), len);
    } else if (PyUnicode_Check(object)) {
        len = value_utf8(object, text, size);
        if (len + 4 > size) /* it may be cut */
            return false;
    } else {
        return false;
    }
    text[len] = '\0';
    return true;
}

struct words {
    const char *at[REACH_WORDS + 1];
    char text[4096];
};

/* An item of a list or tuple, Borrowed; NULL behind the last, or of anything else. */
static PyObject *item_of(PyObject *sequence, size_t i)
{
    PyObject *item = NULL;

    if (sequence != NULL && PyList_Check(sequence)) {
        if (!own_lock(sequence))
            return NULL;
        if (i < (size_t)PyList_GET_SIZE(sequence))
            item = own_hold(PyList_GET_ITEM(sequence, (Py_ssize_t)i));
        own_unlock(sequence);
        return item;
    }
    if (sequence != NULL && PyTuple_Check(sequence))
        return i < (size_t)PyTuple_GET_SIZE(sequence) ? PyTuple_GET_ITEM(sequence, (Py_ssize_t)i)
                                                      : NULL;
    return NULL;
}

/* The words of a list or tuple; those that are no text are empty here. */
static void take_words(PyObject *sequence, struct words *words)
{
    size_t used = 0, n = 0;
    PyObject *word;

    for (; n < REACH_WORDS && used < sizeof(words->text); n++) {
        char *text = words->text + used;

        word = item_of(sequence, n);
        if (word == NULL)
            break;
        if (!take_text(word, text, sizeof(words->text) - used))
            text[0] = '\0';
        words->at[n] = text;
        used += strlen(text) + 1;
    }
    words->at[n] = NULL;
}

/* ---- environments --------------------------------------------------------------------------- */

/* What a child's environment has of ours. */
struct environment {
    struct reach_env env;
    char run[PATH_BYTES], path[4 * PATH_BYTES];
};

static void take_own(struct environment *e)
{
    e->env.run = getenv(REACH_RUN);
    e->env.path = getenv(REACH_PATH);
}

static bool is_key(PyObject *key, const char *name)
{
    if (PyBytes_Check(key))
        return strcmp(PyBytes_AS_STRING(key), name) == 0;
    return PyUnicode_Check(key) && value_str_is(key, name);
}

/* False: it cannot be told. */
static bool take_items(PyObject *dict, struct environment *e)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;

    while (PyDict_Next(dict, &at, &key, &value)) {
        if (is_key(key, REACH_RUN)) {
            if (!take_text(value, e->run, sizeof(e->run)))
                return false;
            e->env.run = e->run;
        } else if (is_key(key, REACH_PATH)) {
            if (!take_text(value, e->path, sizeof(e->path)))
                return false;
            e->env.path = e->path;
        }
    }
    return true;
}

static bool take_dict(PyObject *dict, struct environment *e)
{
    bool taken;

    if (!own_lock(dict))
        return false;
    taken = take_items(dict, e);
    own_unlock(dict);
    return taken;
}

static bool is_os_environ(PyObject *object)
{
    PyObject *modules = pyc_modules();
    PyObject *os = modules != NULL ? value_dict_get(modules, "os") : NULL;

    return os != NULL && PyModule_Check(os) &&
           value_dict_get(PyModule_GetDict(os), "environ") == object;
}

static bool take_mapping(PyObject *mapping, struct environment *e)
{
    if (mapping != NULL && PyDict_CheckExact(mapping))
        return take_dict(mapping, e);
    /* None: posix_spawn() takes it from 3.13 on. */
    if (mapping == NULL || (mapping != Py_None && !is_os_environ(mapping)))
        return false;
    take_own(e);
    return true;
}

/* The "NAME=value" of fork_exec(). */
static bool take_entries(PyObject *list, struct environment *e)
{
    PyObject *entry;

    if (list == Py_None) {
        take_own(e);
        return true;
    }
    for (size_t i = 0; (entry = item_of(list, i)) != NULL; i++) {
        const char *text = PyBytes_Check(entry) ? PyBytes_AS_STRING(entry) : NULL;

        if (text == NULL)
            return false;
        reach_take(&e->env, text);
    }
    return PyList_Check(list) || PyTuple_Check(list);
}

/* ---- commands ------------------------------------------------------------------------------- */

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

bool child_judge_exec(const struct given *g, struct child *child)
{
    PyObject *path = given_at(g, 0, "path");
    char file[PATH_BYTES];
    struct environment e = {0};
    struct words words;
    bool known = true;

    if (given_count(g) < 2 || !take_text(path, file, sizeof(file)) || !is_program(file))
        return false;
    if (given_count(g) == 2)
        take_own(&e);
    else
        known = take_mapping(given_at(g, 2, "env"), &e);
    take_words(given_at(g, 1, "argv"), &words);
    if (expected && known)
        reach_judge(&child->reach, words.at, file, &e.env);
    return true;
}

void child_judge_spawn(const struct given *g, struct child *child)
{
    char file[PATH_BYTES];
    struct environment e = {0};
    struct words words;

    if (!expected || !take_text(given_at(g, 0, "path"), file, sizeof(file)) ||
        !take_mapping(given_at(g, 2, "env"), &e))
        return;
    take_words(given_at(g, 1, "argv"), &words);
    reach_judge(&child->reach, words.at, strchr(file, '/') != NULL ? file : NULL, &e.env);
}

/* The first of the candidates that can be executed; one that is relative to another folder is not looked for. */
static bool find_program(PyObject *candidates, bool elsewhere, char *file, size_t size)
{
    PyObject *candidate;

    for (size_t i = 0; (candidate = item_of(candidates, i)) != NULL; i++) {
        if (!take_text(candidate, file, size))
            return false;
        if (elsewhere && file[0] != '/') {
            file[0] = '\0';
            return true;
        }
        if (is_program(file))
            return true;
    }
    return false;
}

/* fork_exec(args, executables, close_fds, pass_fds, cwd, env, ...), by position only. */
void child_judge_fork_exec(const struct given *g, struct child *child)
{
    char file[PATH_BYTES];
    struct environment e = {0};
    struct words words;

    if (!expected || g->n < 6 ||
        !find_program(g->args[1], g->args[4] != Py_None, file, sizeof(file)) ||
        !take_entries(g->args[5], &e))
        return;
    take_words(g->args[0], &words);
    reach_judge(&child->reach, words.at, file[0] != '\0' ? file : NULL, &e.env);
}

void child_judge_system(const struct given *g, struct child *child)
{
    char command[1024];
    const char *argv[] = {"sh", "-c", command, NULL};
    struct environment e = {0};

    if (!expected || !take_text(given_at(g, 0, "command"), command, sizeof(command)))
        return;
    take_own(&e);
    reach_judge(&child->reach, argv, NULL, &e.env);
}

/* ---- saying so ------------------------------------------------------------------------------ */

void child_note(const struct child *child, long pid)
{
    static bool noted;
    char text[REACH_TEXT];

    /* Whether the other sitecustomize runs the next is known to who sees the process's trace; without its pid to nobody. */
    if (child->reach.why == REACH_UNKNOWN || (child->reach.why == REACH_BEHIND && pid == 0))
        return;
    reach_note(recorder.config.run_folder, pid, &child->reach);
    if (child->reach.why == REACH_BEHIND || !recorder_is_on())
        return;
    recorder_lose(TRAIL_LOSS_UNREACHABLE, 1);
    if (__atomic_exchange_n(&noted, true, __ATOMIC_RELAXED))
        return;
    reach_tell(&child->reach, text, sizeof(text));
    registry_note("unreachable", text);
}
