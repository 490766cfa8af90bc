/*
 * pycompat_310.h - the part of pycompat.h that is altogether different before CPython 3.11: the layout of dicts, which no
 * installed header tells (read from Objects/dict-common.h), and frames, which are frame objects there.
 *
 * Included by pycompat.h only, and for 3.10 only; what the functions are for is said there.
 */
#ifndef HOOK_PYCOMPAT_310_H
#define HOOK_PYCOMPAT_310_H

#include <frameobject.h>
#include <internal/pycore_gc.h>
#include <internal/pycore_interp.h>

/* ---- dicts ---- */

typedef struct {
    Py_hash_t me_hash;
    PyObject *me_key;
    PyObject *me_value;
} PyDictKeyEntry;

typedef PyDictKeyEntry PyDictUnicodeEntry;

/* What ma_values points to: as many as the keys have room for, in the sequence of the keys' entries. */
typedef struct {
    PyObject *values[1];
} PyDictValues;

struct _dictkeysobject {
    Py_ssize_t dk_refcnt;
    Py_ssize_t dk_size;
    void *dk_lookup;
    Py_ssize_t dk_usable;
    Py_ssize_t dk_nentries;
    char dk_indices[];
};

/* The entries lie behind the indices, which are as wide as the size asks for. */
static inline PyDictKeyEntry *pyc_dict_entries(PyDictKeysObject *keys)
{
    Py_ssize_t size = keys->dk_size;
    Py_ssize_t width = size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8;

    return (PyDictKeyEntry *)(keys->dk_indices + size * width);
}

#define DK_ENTRIES(keys) pyc_dict_entries(keys)
#define DK_UNICODE_ENTRIES(keys) pyc_dict_entries(keys)

/* ---- frames ---- */

/* The frame object is the frame, also while it runs. */
#define _PyInterpreterFrame _frame

static inline struct _PyInterpreterFrame *pyc_current_frame(void)
{
    return PyThreadState_Get()->frame;
}

static inline PyCodeObject *pyc_frame_code(const struct _PyInterpreterFrame *frame)
{
    return frame->f_code;
}

static inline struct _PyInterpreterFrame *pyc_complete(struct _PyInterpreterFrame *frame)
{
    return frame;
}

static inline struct _PyInterpreterFrame *pyc_caller(const struct _PyInterpreterFrame *frame)
{
    return frame->f_back;
}

static inline struct _PyInterpreterFrame *pyc_previous(const struct _PyInterpreterFrame *frame)
{
    return frame->f_back;
}

static inline int pyc_frame_position(struct _PyInterpreterFrame *frame)
{
    return frame->f_lasti;
}

/* An argument that inner functions capture has moved to its cell before the frame runs; its own slot is empty. */
static inline PyObject *pyc_frame_slot(const struct _PyInterpreterFrame *frame, unsigned i)
{
    const PyCodeObject *code = frame->f_code;
    PyObject *value = frame->f_localsplus[i];

    if (LIKELY(value != NULL || code->co_cell2arg == NULL))
        return value;
    for (Py_ssize_t cell = 0; cell < PyTuple_GET_SIZE(code->co_cellvars); cell++)
        if (code->co_cell2arg[cell] == (Py_ssize_t)i)
            return PyCell_GET(frame->f_localsplus[code->co_nlocals + cell]);
    return NULL;
}

static inline PyObject *pyc_frame_globals(const struct _PyInterpreterFrame *frame)
{
    return frame->f_globals;
}

static inline struct _PyInterpreterFrame *pyc_frame_of_object(PyFrameObject *frame)
{
    return frame;
}

static inline bool pyc_at_raise(const struct _PyInterpreterFrame *frame)
{
    const _Py_CODEUNIT *code = (const _Py_CODEUNIT *)PyBytes_AS_STRING(frame->f_code->co_code);

    return frame->f_lasti >= 0 && _Py_OPCODE(code[frame->f_lasti]) == RAISE_VARARGS;
}

/* Making a generator runs no frame. */
static inline bool pyc_makes_generator(const struct _PyInterpreterFrame *frame)
{
    (void)frame;
    return false;
}

static inline bool pyc_generator_starts(const struct _PyInterpreterFrame *frame)
{
    return frame->f_lasti < 0;
}

static inline bool pyc_generator_suspended(const struct _PyInterpreterFrame *frame)
{
    return frame->f_state == FRAME_SUSPENDED;
}

/* ---- code ---- */

#define PYC_HAS_QUALNAME 0      /* hook/qualnames.h works it out */
#define PYC_LINE_TABLE_FORMAT 2 /* of docs/trail-format.md: co_linetable of 3.10 */

static inline PyObject *pyc_code_qualname(const PyCodeObject *code)
{
    return code->co_name;
}

static inline PyObject *pyc_code_argument(const PyCodeObject *code, size_t i)
{
    return PyTuple_GET_ITEM(code->co_varnames, (Py_ssize_t)i);
}

static inline bool pyc_argument_in_cell(const PyCodeObject *code, size_t i)
{
    (void)code;
    (void)i;
    return false; /* pyc_frame_slot() looks into the cell */
}

/* Variables, then those that inner functions capture. */
static inline unsigned pyc_locals(const PyCodeObject *code)
{
    return (unsigned)(code->co_nlocals + PyTuple_GET_SIZE(code->co_cellvars));
}

static inline PyObject *pyc_local_name(const PyCodeObject *code, unsigned i)
{
    Py_ssize_t cell = (Py_ssize_t)i - code->co_nlocals;

    if (cell < 0)
        return PyTuple_GET_ITEM(code->co_varnames, (Py_ssize_t)i);
    if (code->co_cell2arg != NULL && code->co_cell2arg[cell] != CO_CELL_NOT_AN_ARG)
        return NULL; /* an argument: it has its place among those */
    return PyTuple_GET_ITEM(code->co_cellvars, cell);
}

static inline PyObject *pyc_local(const struct _PyInterpreterFrame *frame, const PyCodeObject *code,
                                  unsigned i)
{
    if ((int)i < code->co_nlocals)
        return pyc_frame_slot(frame, i);
    return PyCell_GET(frame->f_localsplus[i]);
}

/* Calls `see` for each function that exists, by the lists of the garbage collector. */
static inline void pyc_each_function(void (*see)(PyFunctionObject *function))
{
    PyInterpreterState *interp = PyInterpreterState_Get();

    for (int i = 0; i <= NUM_GENERATIONS; i++) {
        PyGC_Head *list = i < NUM_GENERATIONS ? &interp->gc.generations[i].head
                                              : &interp->gc.permanent_generation.head;

        for (PyGC_Head *at = _PyGCHead_NEXT(list); at != list; at = _PyGCHead_NEXT(at)) {
            PyObject *object = (PyObject *)(at + 1);

            if (PyFunction_Check(object))
                see((PyFunctionObject *)object);
        }
    }
}

#endif
