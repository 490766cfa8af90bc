/*
 * stub_native.c - stands for the recorder in the tests of the boot module: the same entry point, and it records
 * only that it was called, when, and with what.
 */
#define _GNU_SOURCE
#include <Python.h>
#include <stdio.h>
#include <unistd.h>

/* start(run): appends "pid, sys.marks so far, sys.modules has sitecustomize" to <run>/started, and "start" to sys.marks. */
static PyObject *start(PyObject *module, PyObject *run)
{
    PyObject *marks = PySys_GetObject("marks");
    PyObject *modules = PySys_GetObject("modules");
    PyObject *shadowed = PyDict_GetItemString(modules, "sitecustomize");
    PyObject *text = NULL, *folder = NULL;
    char path[4096];
    FILE *file;

    Py_INCREF(module); /* as the recorder does: it is there for as long as the process */
    text = marks != NULL ? PyObject_Str(marks) : PyUnicode_FromString("-");
    if (text == NULL || !PyUnicode_FSConverter(run, &folder))
        return NULL;
    snprintf(path, sizeof(path), "%s/started", PyBytes_AsString(folder));
    Py_DECREF(folder);
    file = fopen(path, "ae");
    if (file != NULL) {
        fprintf(file, "%d %s %s\n", (int)getpid(), PyUnicode_AsUTF8(text),
                shadowed ? "there" : "none");
        fclose(file);
    }
    Py_DECREF(text);
    if (marks != NULL) {
        PyObject *word = PyUnicode_FromString("start");

        PyList_Append(marks, word);
        Py_DECREF(word);
    }
    if (getenv("STUB_RAISES") != NULL) {
        PyErr_SetString(PyExc_ValueError, "two\nlines");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"start", start, METH_O, NULL}, {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED}, /* or it is told that the GIL comes back */
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_native",
                                        .m_methods = methods, .m_slots = slots};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
