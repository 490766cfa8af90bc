/* api.c - see api.h. These may raise: they run because the program called them. */
#include "base/base.h"

#include "hook/api.h"

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

PyObject *api_mark(PyObject *module, PyObject *code)
{
    PyCodeObject **more;

    (void)module;
    if (!PyCode_Check(code) || api_is_marked((PyCodeObject *)code))
        Py_RETURN_NONE;
    more = realloc(marks, (nmarks + 1) * sizeof(*more));
    if (more == NULL)
        return PyErr_NoMemory();
    marks = more;
    marks[nmarks++] = (PyCodeObject *)Py_NewRef(code);
    Py_RETURN_NONE;
}
