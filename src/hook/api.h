/*
 * api.h - the functions of breadcrumb._native that the Python package calls; `start` is in module.c. They are private to it:
 * it gives them the right arguments, and its names are the public ones.
 */
#ifndef HOOK_API_H
#define HOOK_API_H

#include "hook/pycompat.h"

PyObject *api_status(PyObject *module, PyObject *unused);
PyObject *api_config(PyObject *module, PyObject *unused);
PyObject *api_pause(PyObject *module, PyObject *paused);
PyObject *api_take_control(PyObject *module, PyObject *unused);
PyObject *api_mark(PyObject *module, PyObject *subject);
PyObject *api_adopts(PyObject *module, PyObject *unused);
/* Is the code recorded whatever the filter says? */
bool api_is_marked(const PyCodeObject *code);

/* Rows of a PyMethodDef table. */
#define API_METHODS                                                                               \
    {"status", api_status, METH_NOARGS,                                                           \
     "status() -> (backend, folder, trace_id), or None: this process is not recorded"},           \
        {"config", api_config, METH_NOARGS, "config() -> the settings of the recording, a dict"}, \
        {"pause", api_pause, METH_O, "pause(paused): stop and go on beginning to record calls"},  \
        {"take_control", api_take_control, METH_NOARGS,                                           \
         "take_control(): go by what stands on the control page now, not at the next event"},     \
        {"mark", api_mark, METH_O, "mark(function): record its calls, whatever the filter says"}, \
        {"adopts", api_adopts, METH_NOARGS,                                                       \
         "adopts() -> whether orphans become children of this process"},

#endif
