/* describe.c - see describe.h. */
#include "base/base.h"

#include "hook/describe.h"

#include "hook/hook.h"
#include "hook/qualnames.h"
#include "hook/twins.h"
#include "hook/value_private.h"
#include "recorder/registry.h"
#include "settings/table.h"

#include <sys/syscall.h>
#include <unistd.h>

/* A str as a NUL-terminated text of at most size - 1 bytes; "" for anything else. */
static void copy_str(PyObject *object, char *text, size_t size)
{
    size_t len = 0;

    if (object != NULL && PyUnicode_Check(object))
        len = value_utf8(object, text, size - 1);
    text[len] = '\0';
}

static void copy_global(PyObject *globals, const char *name, char *text, size_t size)
{
    PyObject *value = NULL;

    if (globals != NULL && PyDict_Check(globals))
        value = value_dict_get(globals, name);
    copy_str(value, text, size);
}

/* co_filename of a script started by a relative path is relative to where the process began. */
static void make_absolute(char *file, size_t size, const char *cwd)
{
    char absolute[LIMIT_PATH_BYTES];
    const char *relative = file;

    if (file[0] == '/' || file[0] == '<' || file[0] == '\0')
        return;
    while (relative[0] == '.' && relative[1] == '/')
        relative += 2;
    if ((size_t)snprintf(absolute, sizeof(absolute), "%s/%s", cwd, relative) < sizeof(absolute) &&
        strlen(absolute) < size)
        memcpy(file, absolute, strlen(absolute) + 1);
}

/* `python -m pkg.tool` runs as __main__; its __spec__ has the name that a filter would say. */
static void copy_alias(PyObject *globals, struct describe_code *about)
{
    PyObject *spec = NULL;

    if (strcmp(about->module, "__main__") == 0 && globals != NULL && PyDict_Check(globals))
        spec = value_dict_get(globals, "__spec__");
    copy_str(spec != NULL ? value_attribute(spec, "name") : NULL, about->alias,
             sizeof(about->alias));
    about->subject.alias = about->alias;
}

void describe_code(struct describe_code *about, PyCodeObject *code, PyObject *globals)
{
    if (PYC_HAS_QUALNAME || !qualnames_copy(code, about->name, sizeof(about->name)))
        copy_str(pyc_code_qualname(code), about->name, sizeof(about->name));
    copy_str(code->co_filename, about->file, sizeof(about->file));
    copy_global(globals, "__name__", about->module, sizeof(about->module));
    copy_global(globals, "__file__", about->module_file, sizeof(about->module_file));
    make_absolute(about->file, sizeof(about->file), hook.filter.cwd);
    make_absolute(about->module_file, sizeof(about->module_file), hook.filter.cwd);
    about->subject.module = about->module;
    about->subject.file = about->file;
    about->subject.module_file = about->module_file;
    about->subject.vouched = false;
    copy_alias(globals, about);
}

unsigned describe_nargs(const PyCodeObject *code)
{
    int n = code->co_argcount + code->co_kwonlyargcount + ((code->co_flags & CO_VARARGS) != 0) +
            ((code->co_flags & CO_VARKEYWORDS) != 0);

    return n > LIMIT_ARGUMENTS ? LIMIT_ARGUMENTS : (unsigned)n;
}

static uint64_t flags_of(const struct describe_code *about, const PyCodeObject *code, bool recorded)
{
    enum filter_category category = filter_category(&hook.filter, &about->subject);
    uint64_t flags = 0;

    if (code->co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR | CO_ITERABLE_COROUTINE))
        flags |= TRAIL_CODE_ASYNC;
    if (code->co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR))
        flags |= TRAIL_CODE_GENERATOR;
    if (code->co_flags & CO_VARARGS)
        flags |= TRAIL_CODE_VARARGS;
    if (code->co_flags & CO_VARKEYWORDS)
        flags |= TRAIL_CODE_VARKEYWORDS;
    if (!recorded)
        flags |= TRAIL_CODE_NOT_TRACED;
    if (category == CATEGORY_LIBRARY)
        flags |= TRAIL_CODE_LIBRARY;
    if (category == CATEGORY_STDLIB)
        flags |= TRAIL_CODE_STDLIB;
    return flags;
}

static uint32_t add(struct trail_code_info *info)
{
    uint64_t hash = twins_hash(info);
    uint32_t number = twins_take(hash);

    if (number == 0) {
        number = registry_add_code(info);
        if (number != 0)
            twins_keep(hash, number);
    }
    return number;
}

uint32_t describe_register(const struct describe_code *about, PyCodeObject *code, bool recorded)
{
    /* One call at a time: the GIL is held, or the lock of the codes, and nothing below lets it go. */
    static char names[24 * 1024];
    static struct trail_text args[LIMIT_ARGUMENTS];
    struct trail_code_info info = {0};
    char *at = names;

    info.flags = flags_of(about, code, recorded);
    info.name = trail_text_of(about->name);
    info.module = trail_text_of(about->module);
    info.file = trail_text_of(about->file);
    info.first_line = (uint64_t)(code->co_firstlineno > 0 ? code->co_firstlineno : 0);
    info.args = args;
    info.nargs = describe_nargs(code);
    info.npositional_only = (uint64_t)code->co_posonlyargcount;
    info.nkeyword_only = (uint64_t)code->co_kwonlyargcount;
    for (size_t i = 0; i < info.nargs; i++) {
        PyObject *name = pyc_code_argument(code, i);
        size_t room = (size_t)(names + sizeof(names) - at);

        args[i].bytes = at;
        args[i].len = value_utf8(name, at, room < LIMIT_NAME_BYTES ? room : LIMIT_NAME_BYTES);
        at += args[i].len;
    }
    info.table_format = PYC_LINE_TABLE_FORMAT;
    info.table = PyBytes_AS_STRING(code->co_linetable);
    info.table_len = (size_t)PyBytes_GET_SIZE(code->co_linetable);
    return add(&info);
}

/* threading._active[ident]._name, by reading dicts only. NULL when there is no such Thread (yet). */
static PyObject *thread_name(unsigned long ident)
{
    PyObject *modules = pyc_modules(); /* borrowed */
    PyObject *threading = modules != NULL ? value_dict_get(modules, "threading") : NULL;
    PyObject *active = NULL, *thread = NULL, *name, *key;

    if (threading != NULL && PyModule_Check(threading))
        active = value_dict_get(PyModule_GetDict(threading), "_active");
    if (active == NULL || !PyDict_CheckExact(active))
        return NULL;
    key = PyLong_FromUnsignedLong(ident);
    if (key != NULL) {
        thread = pyc_dict_get(active, key); /* int keys: no user's __eq__ */
        Py_DECREF(key);
    }
    PyErr_Clear();
    if (thread == NULL)
        return NULL;
    name = value_attribute(thread, "_name");
    Py_DECREF(thread);
    return name;
}

size_t describe_thread(char *name, size_t size, uint64_t *ret_ident)
{
    unsigned long ident = PyThread_get_thread_ident();
    PyObject *live[3];
    PyObject *found;

    PyErr_Fetch(&live[0], &live[1], &live[2]);
    found = thread_name(ident);
    PyErr_Restore(live[0], live[1], live[2]);
    *ret_ident = ident;
    if (found != NULL && PyUnicode_Check(found))
        return value_given_name(found, name, size);
    if (syscall(SYS_gettid) == getpid())
        return (size_t)snprintf(name, size, "MainThread");
    return 0;
}

/* The folder of a path, with its slash. */
static void keep_folder(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash != NULL)
        slash[1] = '\0';
    else
        path[0] = '\0';
}

static bool is_site(const char *path)
{
    const char *name = strrchr(path, '/');

    return name != NULL &&
           (strcmp(name, "/site-packages") == 0 || strcmp(name, "/dist-packages") == 0);
}

/* The entries of sys.path that packages are installed in. */
static void find_sites(struct filter *filter)
{
    PyObject *path = PySys_GetObject("path"); /* borrowed */
    char entry[LIMIT_PATH_BYTES];

    if (path == NULL || !PyList_Check(path) || !own_lock(path))
        return;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(path); i++) {
        copy_str(PyList_GET_ITEM(path, i), entry, sizeof(entry));
        if (is_site(entry))
            settings_list_add(&filter->sites, entry);
    }
    own_unlock(path);
}

static void copy_folder(PyObject *path, char *ret, size_t size)
{
    size_t len;

    copy_str(path, ret, size - 1);
    len = strlen(ret);
    if (len > 0 && ret[len - 1] != '/')
        memcpy(ret + len, "/", 2);
}

void describe_places(struct filter *filter)
{
    PyObject *modules = pyc_modules();
    PyObject *os = modules != NULL ? value_dict_get(modules, "os") : NULL;
    char base[LIMIT_PATH_BYTES];

    if (getcwd(filter->cwd, sizeof(filter->cwd)) == NULL)
        filter->cwd[0] = '\0';
    if (os != NULL && PyModule_Check(os))
        copy_str(value_dict_get(PyModule_GetDict(os), "__file__"), filter->stdlib,
                 sizeof(filter->stdlib));
    keep_folder(filter->stdlib);
    copy_folder(PySys_GetObject("prefix"), filter->venv, sizeof(filter->venv));
    copy_folder(PySys_GetObject("base_prefix"), base, sizeof(base));
    if (strcmp(filter->venv, base) == 0)
        filter->venv[0] = '\0';
    find_sites(filter);
}
