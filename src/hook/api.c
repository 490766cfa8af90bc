/* api.c - see api.h. These may raise: they run because the program called them. */
#include "base/base.h"

#include "hook/api.h"

#include "hook/codes.h"
#include "hook/hook.h"
#include "recorder/recorder.h"
#include "settings/table.h"

#include <sys/prctl.h>
#include <unistd.h>

/* ---- what is recorded --------------------------------------------------------------------- */

PyObject *api_status(PyObject *module, PyObject *unused)
{
    char id[UUID_TEXT];

    (void)module;
    (void)unused;
    if (hook_backend == NULL || !recorder_ready())
        Py_RETURN_NONE;
    uuid_format(&recorder.dir.trace_id, id);
    return Py_BuildValue("sNs", hook_backend->name, PyUnicode_DecodeFSDefault(recorder.dir.path),
                         id);
}

static PyObject *list_of(const struct settings_list *list)
{
    PyObject *ret = PyList_New(0);

    for (size_t i = 0; ret != NULL && i < list->count; i++) {
        PyObject *item = PyUnicode_DecodeFSDefault(list->items[i]);

        if (item == NULL || PyList_Append(ret, item) < 0)
            Py_CLEAR(ret);
        Py_XDECREF(item);
    }
    return ret;
}

static PyObject *value_of(const struct settings_row *row)
{
    const void *field = (const char *)&hook.settings + row->offset;

    if (settings_is_list(row))
        return list_of(field);
    switch (row->type) {
    case SETTING_BOOL:
        return PyBool_FromLong(*(const bool *)field);
    case SETTING_INT:
        return PyLong_FromLongLong(*(const int64_t *)field);
    case SETTING_REAL:
        return PyFloat_FromDouble(*(const double *)field);
    case SETTING_CHOICE:
        return PyUnicode_FromString(row->choices[*(const int *)field]);
    default:
        break;
    }
    if (*(char *const *)field == NULL)
        Py_RETURN_NONE;
    return PyUnicode_DecodeFSDefault(*(char *const *)field);
}

PyObject *api_config(PyObject *module, PyObject *unused)
{
    PyObject *ret = PyDict_New();

    (void)module;
    (void)unused;
    for (size_t i = 0; ret != NULL && i < settings_count; i++) {
        PyObject *value = value_of(&settings_table[i]);

        if (value == NULL || PyDict_SetItemString(ret, settings_table[i].key, value) < 0)
            Py_CLEAR(ret);
        Py_XDECREF(value);
    }
    return ret;
}

/* ---- pausing ------------------------------------------------------------------------------ */

PyObject *api_pause(PyObject *module, PyObject *paused)
{
    int yes = PyObject_IsTrue(paused);

    (void)module;
    if (yes < 0)
        return NULL;
    if (hook_backend != NULL)
        hook_backend->pause(yes);
    Py_RETURN_NONE;
}

PyObject *api_take_control(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    if (hook_backend != NULL && recorder_ready() && control_changed(&recorder.control))
        hook_take_control();
    Py_RETURN_NONE;
}

/* ---- marks -------------------------------------------------------------------------------- */

/* Code objects, by identity: asked once for each code that is judged, so a list will do. Each is kept alive, or another one
 * at its address would be taken for it. */
static PyCodeObject **marks;
static size_t nmarks;

bool api_is_marked(const PyCodeObject *code)
{
    for (size_t i = 0; i < nmarks; i++)
        if (marks[i] == code)
            return true;
    return false;
}

PyObject *api_adopts(PyObject *module, PyObject *unused)
{
    int reaper = 0;

    (void)module;
    (void)unused;
    return PyBool_FromLong(getpid() == 1 ||
                           (prctl(PR_GET_CHILD_SUBREAPER, &reaper) == 0 && reaper != 0));
}

/* False: no memory. */
static bool add_mark(PyCodeObject *code)
{
    PyCodeObject **more;

    if (api_is_marked(code))
        return true;
    more = realloc(marks, (nmarks + 1) * sizeof(*more));
    if (more == NULL)
        return false;
    marks = more;
    marks[nmarks++] = (PyCodeObject *)Py_NewRef((PyObject *)code);
    return true;
}

static int mark_code(PyCodeObject *code)
{
    bool added;

    codes_lock(); /* under which codes are judged */
    added = add_mark(code);
    codes_unlock();
    if (!added) {
        PyErr_NoMemory();
        return -1;
    }
    if (hook_backend != NULL && codes_judge_one_again(code))
        hook_backend->listen_again();
    return 0;
}

/* A new reference; NULL without an error: it has none. */
static PyObject *attribute(PyObject *object, const char *name)
{
    PyObject *value = PyObject_GetAttrString(object, name);

    PyErr_Clear();
    return value;
}

/* What functools.wraps has put around it is not meant. In its own dict, for an object like mock.call seems to have every
 * attribute; and not without end, for a function may say that it wraps itself. A new reference. */
static PyObject *unwrapped(PyObject *function)
{
    PyObject *inner = Py_NewRef(function);

    for (int layers = 0; layers < 100; layers++) {
        PyObject *dict = attribute(inner, "__dict__");
        PyObject *next = dict != NULL && PyDict_Check(dict)
                             ? PyDict_GetItemString(dict, "__wrapped__") /* borrowed */
                             : NULL;

        Py_XINCREF(next);
        Py_XDECREF(dict);
        if (next == NULL)
            break;
        Py_SETREF(inner, next);
    }
    return inner;
}

static int mark_function(PyObject *function)
{
    PyObject *inner = unwrapped(function), *code = attribute(inner, "__code__");
    int ret = code != NULL && PyCode_Check(code) ? mark_code((PyCodeObject *)code) : 0;

    Py_XDECREF(code);
    Py_DECREF(inner);
    return ret;
}

/* The functions in what a class may hold: of a property there are three. */
static int mark_parts(PyObject *holder, const char *const *names)
{
    int ret = 0;

    for (; ret == 0 && *names != NULL; names++) {
        PyObject *part = attribute(holder, *names);

        ret = part != NULL ? mark_function(part) : 0;
        Py_XDECREF(part);
    }
    return ret;
}

/* The types of functools that keep a function in `func`. */
static bool holds_func(const char *type)
{
    static const char *const names[] = {"cached_property", "functools.partial", "partialmethod",
                                        "singledispatchmethod"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(type, names[i]) == 0)
            return true;
    return false;
}

PyObject *api_mark(PyObject *module, PyObject *subject)
{
    static const char *const of_method[] = {"__func__", NULL};
    static const char *const of_property[] = {"fget", "fset", "fdel", NULL};
    static const char *const of_holder[] = {"func", NULL};
    int ret;

    (void)module;
    if (PyObject_TypeCheck(subject, &PyStaticMethod_Type) ||
        PyObject_TypeCheck(subject, &PyClassMethod_Type))
        ret = mark_parts(subject, of_method);
    else if (PyObject_TypeCheck(subject, &PyProperty_Type))
        ret = mark_parts(subject, of_property);
    else if (holds_func(Py_TYPE(subject)->tp_name))
        ret = mark_parts(subject, of_holder);
    else
        ret = mark_function(subject);
    if (ret < 0)
        return NULL;
    Py_RETURN_NONE;
}
