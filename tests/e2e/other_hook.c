/* other_hook.c - another PEP 523 hook than ours, for t024: counts the frames of functions called "inner" and evaluates them as
 * the one before it does. Built by the test against the headers of the interpreter, loaded with ctypes. */
#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE_MODULE
#include <Python.h>

#include <frameobject.h>
#if PY_VERSION_HEX >= 0x030B0000
#include "internal/pycore_frame.h"
#endif

#include <string.h>

static _PyFrameEvalFunction before;
static int frames;

#if PY_VERSION_HEX >= 0x030B0000
#define FRAME struct _PyInterpreterFrame
#else
#define FRAME PyFrameObject
#endif

static PyObject *hook(PyThreadState *tstate, FRAME *frame, int thrown)
{
    const char *name = PyUnicode_AsUTF8(frame->f_code->co_name);

    if (name != NULL && strcmp(name, "inner") == 0)
        frames++;
    return before(tstate, frame, thrown);
}

void install(void)
{
    before = _PyInterpreterState_GetEvalFrameFunc(PyInterpreterState_Get());
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), hook);
}

int seen(void)
{
    return frames;
}

int is_last(void)
{
    return _PyInterpreterState_GetEvalFrameFunc(PyInterpreterState_Get()) == hook;
}
