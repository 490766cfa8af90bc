/*
 * pycompat.h - the one place that knows which CPython this is: every PY_VERSION_HEX test, every internal
 * header and every layout that differs stands here, behind small inline functions named pyc_*.
 *
 * Only inline code of the internal headers and symbols that the interpreters export may be used. Nothing
 * here allocates, calls into user code or sets an exception; all pointers returned are Borrowed. Needs the
 * GIL. A new CPython changes this file and no other.
 */
#ifndef HOOK_PYCOMPAT_H
#define HOOK_PYCOMPAT_H

#include "base/base.h"

/* Before Python.h: some internal headers clash with the public ones otherwise (gh-105268). */
#ifndef Py_BUILD_CORE_MODULE
#define Py_BUILD_CORE_MODULE 1
#endif
#define PY_SSIZE_T_CLEAN 1
#include <Python.h>
#include <structmember.h>

#include <internal/pycore_code.h>
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_dict.h>
#include <internal/pycore_frame.h>
#endif
#if PY_VERSION_HEX >= 0x030c0000
#include <internal/pycore_runtime.h>
#endif
#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_interpframe.h>
#endif
#include <internal/pycore_moduleobject.h>
#include <internal/pycore_object.h>
#include <opcode.h>

#if PY_VERSION_HEX < 0x030a0000 || PY_VERSION_HEX >= 0x03100000
#error "this CPython is not supported yet"
#endif
#if PY_VERSION_HEX < 0x030b0000
#include "hook/pycompat_310.h"
#endif
#include "hook/pycompat_int.h"

/* ---- objects ---- */

/* -- str -- */

/* Where the characters of a str are: `kind` bytes each (1, 2, 4). */
struct pyc_text {
    const void *data;
    size_t length; /* in characters */
    int kind;
    bool ascii;
};

static inline struct pyc_text pyc_text(PyObject *object)
{
    const PyASCIIObject *s = (const PyASCIIObject *)object;
    struct pyc_text text;

#if PY_VERSION_HEX < 0x030c0000
    if (UNLIKELY(!s->state.ready)) { /* a str of the old C API that nobody has looked at yet */
        text.data = s->wstr;
        text.length = s->wstr ? (size_t)((const PyCompactUnicodeObject *)object)->wstr_length : 0;
        text.kind = sizeof(wchar_t);
        text.ascii = false;
        return text;
    }
#endif
    text.data = s->state.compact
                    ? (s->state.ascii ? (const void *)(s + 1)
                                      : (const void *)((const PyCompactUnicodeObject *)object + 1))
                    : ((const PyUnicodeObject *)object)->data.any;
    text.length = text.data ? (size_t)s->length : 0;
    text.kind = s->state.kind;
    text.ascii = s->state.ascii;
    return text;
}

/* The hash of a str as far as the interpreter has asked for it; -1: it has not. */
static inline Py_hash_t pyc_str_hash(PyObject *object)
{
    return ((const PyASCIIObject *)object)->hash;
}

/* The characters of a compact ASCII str (nearly every one is), or NULL. */
static inline const char *pyc_ascii(PyObject *object, size_t *ret_length)
{
    const PyASCIIObject *s = (const PyASCIIObject *)object;

    if (UNLIKELY(!(s->state.compact & s->state.ascii)))
        return NULL;
    *ret_length = (size_t)s->length;
    return (const char *)(s + 1);
}

/* The UTF-8 form that the interpreter already keeps of a non-ASCII str, or NULL. Never makes one. */
static inline const char *pyc_utf8_cached(PyObject *object, size_t *ret_length)
{
    const PyCompactUnicodeObject *s = (const PyCompactUnicodeObject *)object;

    if (s->utf8 == NULL)
        return NULL;
    *ret_length = (size_t)s->utf8_length;
    return s->utf8;
}

/* -- dict and the attributes of instances -- */

/* Attributes that an instance, or a dict, keeps as values beside keys that its class shares (PEP 412, "split" and "inline"). */
struct pyc_split {
    const PyDictUnicodeEntry *entries;
    PyObject *const *values;
    const uint8_t *order; /* numbers of the entries, as they were defined; see pyc_split_at() */
    size_t n;
    size_t nentries;
};

/* May the keys be other than str? Then the entries hold their hashes too. */
static inline bool pyc_keys_any(const PyDictKeysObject *keys)
{
#if PY_VERSION_HEX >= 0x030b0000
    return keys->dk_kind == DICT_KEYS_GENERAL;
#else
    (void)keys;
    return true;
#endif
}

static inline struct pyc_split pyc_split(PyDictKeysObject *keys, const PyDictValues *values)
{
    struct pyc_split split;

#if PY_VERSION_HEX >= 0x030d0000
    split.n = values->size;
    split.order = (const uint8_t *)&values->values[values->capacity];
#elif PY_VERSION_HEX < 0x030b0000
    split.n = (size_t)keys->dk_nentries;
    split.order = NULL; /* as the entries are */
#else
    split.n = ((const uint8_t *)values)[-2];
    split.order = (const uint8_t *)values - 3; /* backwards */
#endif
    split.values = values->values;
    split.entries = DK_UNICODE_ENTRIES(keys);
    split.nentries =
        pyc_keys_any(keys) && PY_VERSION_HEX >= 0x030b0000 ? 0 : (size_t)keys->dk_nentries;
    return split;
}

/* The i-th of them in order of definition; false if it has no value. */
static inline bool pyc_split_at(const struct pyc_split *split, size_t i, PyObject **ret_key,
                                PyObject **ret_value)
{
#if PY_VERSION_HEX >= 0x030d0000
    size_t ix = split->order[i];
#elif PY_VERSION_HEX < 0x030b0000
    size_t ix = i;
#else
    size_t ix = split->order[-(ptrdiff_t)i];
#endif

    if (UNLIKELY(ix >= split->nentries))
        return false;
    *ret_key = split->entries[ix].me_key;
    *ret_value = split->values[ix];
    return *ret_key != NULL && *ret_value != NULL;
}

/* Steps through a dict as PyDict_Next does, in its order, but gives up after *patience empty entries: a dict
 * used as a queue may have millions of them in front. *pos starts at 0. */
static inline bool pyc_dict_next(PyObject *object, size_t *pos, unsigned *patience,
                                 PyObject **ret_key, PyObject **ret_value)
{
    const PyDictObject *dict = (const PyDictObject *)object;
    PyDictKeysObject *keys = dict->ma_keys;
    size_t n, i;

    if (UNLIKELY(dict->ma_values != NULL)) {
        struct pyc_split split = pyc_split(keys, (const PyDictValues *)dict->ma_values);

        while (*pos < split.n)
            if (pyc_split_at(&split, (*pos)++, ret_key, ret_value))
                return true;
        return false;
    }
    n = (size_t)keys->dk_nentries;
    while ((i = *pos) < n) {
        ++*pos;
        if (pyc_keys_any(keys)) {
            *ret_key = DK_ENTRIES(keys)[i].me_key;
            *ret_value = DK_ENTRIES(keys)[i].me_value;
        } else {
            *ret_key = DK_UNICODE_ENTRIES(keys)[i].me_key;
            *ret_value = DK_UNICODE_ENTRIES(keys)[i].me_value;
        }
        if (*ret_key != NULL && *ret_value != NULL)
            return true;
        if ((*patience)-- == 0)
            return false;
    }
    return false;
}

static inline size_t pyc_dict_count(PyObject *object)
{
    return (size_t)((const PyDictObject *)object)->ma_used;
}

/* Where an instance keeps its attributes: in `dict`, or in `values` beside `keys`, or nowhere (all NULL). */
struct pyc_attributes {
    PyObject *dict;
    PyDictKeysObject *keys;
    PyDictValues *values;
};

/* The dict of a type whose tp_dictoffset is not 0 and that has no managed dict. */
static inline PyObject *pyc_offset_dict(PyObject *object, const PyTypeObject *type)
{
    Py_ssize_t offset = type->tp_dictoffset;

    if (offset < 0) { /* counted from the end of an object of variable size */
        Py_ssize_t size = Py_SIZE(object);
        size_t whole;

#if PY_VERSION_HEX >= 0x030c0000
        if (type->tp_flags & Py_TPFLAGS_LONG_SUBCLASS)
            size = (Py_ssize_t)(((const PyLongObject *)object)->long_value.lv_tag >> 3);
#endif
        if (size < 0)
            size = -size;
        whole = (size_t)type->tp_basicsize + (size_t)size * (size_t)type->tp_itemsize;
        whole = (whole + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
        offset += (Py_ssize_t)whole;
        if (offset <= 0)
            return NULL;
    }
    return *(PyObject **)((char *)object + offset);
}

/* Only looks: a dict that is not there is not made. */
static inline struct pyc_attributes pyc_attributes(PyObject *object, PyTypeObject *type)
{
    struct pyc_attributes a = {NULL, NULL, NULL};

#if PY_VERSION_HEX >= 0x030b0000
    if (LIKELY(type->tp_flags & Py_TPFLAGS_MANAGED_DICT)) {
#if PY_VERSION_HEX >= 0x030d0000
        a.dict = (PyObject *)_PyObject_ManagedDictPointer(object)->dict;
        if (a.dict == NULL && (type->tp_flags & Py_TPFLAGS_INLINE_VALUES)) {
            a.values = _PyObject_InlineValues(object);
            if (!a.values->valid)
                a.values = NULL;
        }
#elif PY_VERSION_HEX >= 0x030c0000
        PyDictOrValues where = *_PyObject_DictOrValuesPointer(object);

        if (_PyDictOrValues_IsValues(where))
            a.values = _PyDictOrValues_GetValues(where);
        else
            a.dict = _PyDictOrValues_GetDict(where);
#else
        a.dict = *_PyObject_ManagedDictPointer(object);
        if (a.dict == NULL)
            a.values = *_PyObject_ValuesPointer(object);
#endif
        if (a.values != NULL) {
            a.keys = ((PyHeapTypeObject *)type)->ht_cached_keys;
            if (a.keys == NULL)
                a.values = NULL;
        }
    } else
#endif
        if (type->tp_dictoffset != 0)
        a.dict = pyc_offset_dict(object, type);
    if (a.dict != NULL && !PyDict_Check(a.dict)) /* a C type may lie about its offset */
        a.dict = NULL;
    return a;
}

/* -- types -- */

/* A number that changes whenever the type does; 0: none was given yet. */
static inline uint32_t pyc_type_tag(const PyTypeObject *type)
{
#if PY_VERSION_HEX < 0x030c0000
    if (!(type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG))
        return 0;
#endif
    return type->tp_version_tag;
}

/* Gives one to a type of a C module that has none yet: nothing can change such a type, so it is asked for once.
 * Classes of the user's are left alone: those that change often would run out of tags (1,000 for each in 3.13). */
static inline uint32_t pyc_type_tag_made(PyTypeObject *type)
{
#if PY_VERSION_HEX >= 0x030c0000
    if (type->tp_version_tag == 0 && (type->tp_flags & Py_TPFLAGS_HEAPTYPE) &&
        (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE))
        PyUnstable_Type_AssignVersionTag(type);
#endif
    return pyc_type_tag(type);
}

/* The storage that a class statement with __slots__ made, in ascending offsets; returns how many. */
static inline size_t pyc_type_slots(PyTypeObject *type, const PyMemberDef **ret_members)
{
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || ((PyHeapTypeObject *)type)->ht_slots == NULL)
        return 0;
    *ret_members = (const PyMemberDef *)((const char *)type + Py_TYPE(type)->tp_basicsize);
    return (size_t)Py_SIZE(type);
}

static inline bool pyc_member_is_object(const PyMemberDef *member)
{
    return member->type == T_OBJECT_EX || member->type == T_OBJECT;
}

/* Does this interpreter have a dict for the type that can be read directly? (Static types of 3.12 keep theirs
 * with the interpreter.) NULL when not, or when the type is half-built. */
static inline PyObject *pyc_type_dict(const PyTypeObject *type)
{
    return type->tp_dict != NULL && PyDict_Check(type->tp_dict) ? type->tp_dict : NULL;
}

/* Was it made by C code, so that its name can be trusted to tell its layout? A class statement makes heap types
 * that can be changed. */
static inline bool pyc_type_is_c(const PyTypeObject *type)
{
    return !(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE);
}

/* -- the exception that is on its way -- */

struct pyc_error {
#if PY_VERSION_HEX >= 0x030c0000
    PyObject *raised; /* Owned */
#else
    PyObject *type, *value, *traceback; /* Owned */
#endif
};

/* Takes it away; pyc_error_restore() puts it back. */
static inline void pyc_error_save(struct pyc_error *error)
{
#if PY_VERSION_HEX >= 0x030c0000
    error->raised = PyErr_GetRaisedException();
#else
    PyErr_Fetch(&error->type, &error->value, &error->traceback);
#endif
}

static inline void pyc_error_restore(struct pyc_error *error)
{
#if PY_VERSION_HEX >= 0x030c0000
    PyErr_SetRaisedException(error->raised);
#else
    PyErr_Restore(error->type, error->value, error->traceback);
#endif
}

/* -- exception groups -- */

/* What ExceptionGroup prints itself with; NULL before 3.11, which has none. */
static inline reprfunc pyc_group_str(void)
{
#if PY_VERSION_HEX >= 0x030b0000
    return ((PyTypeObject *)PyExc_BaseExceptionGroup)->tp_str;
#else
    return NULL;
#endif
}

/* The exceptions of a group (a tuple) and its message; either may be NULL. */
static inline PyObject *pyc_group_parts(PyObject *group, PyObject **ret_message)
{
#if PY_VERSION_HEX >= 0x030b0000
    *ret_message = ((PyBaseExceptionGroupObject *)group)->msg;
    return ((PyBaseExceptionGroupObject *)group)->excs;
#else
    (void)group;
    *ret_message = NULL;
    return NULL;
#endif
}

/* -- generators, coroutines, asynchronous generators -- */

struct pyc_generator {
    PyObject *qualname; /* Borrowed, may be NULL */
    const char *state;
};

static inline struct pyc_generator pyc_generator(PyObject *object)
{
    const PyGenObject *g = (const PyGenObject *)object; /* the three begin alike */
    struct pyc_generator ret = {g->gi_qualname, "suspended"};
#if PY_VERSION_HEX >= 0x030b0000
    int state = g->gi_frame_state;
#else
    int state = g->gi_frame != NULL ? g->gi_frame->f_state : FRAME_CLEARED;
#endif

    if (state == FRAME_CREATED)
        ret.state = "created";
    else if (state == FRAME_EXECUTING)
        ret.state = "running";
    else if (state > FRAME_EXECUTING)
        ret.state = "finished";
    return ret;
}

/* -- modules -- */

static inline PyObject *pyc_module_name(PyObject *module)
{
    return ((PyModuleObject *)module)->md_name;
}

/* ---- frames ------------------------------------------------------------------------------ */

#define PYC_VERSION (PY_MAJOR_VERSION << 8 | PY_MINOR_VERSION) /* as in the trail's headers */
#define PYC_HAS_MONITORING (PY_VERSION_HEX >= 0x030c0000)
/* A module that may be loaded into any interpreter; where it is not said, 3.12 prints an error in subinterpreters. */
#if PY_VERSION_HEX >= 0x030c0000
#define PYC_MODULE_SLOTS {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#else
#define PYC_MODULE_SLOTS
#endif

/* Do threads run Python at the same time? Then counters are atomic (trail/page.h). */
#ifdef Py_GIL_DISABLED
#define PYC_CONCURRENT 1
#else
#define PYC_CONCURRENT 0
#endif
#define TRAIL_CONCURRENT PYC_CONCURRENT

/* Has `forget` called for each code object that is freed from now on, in any thread that holds the GIL. One caller. */
typedef void pyc_forget_code(PyCodeObject *code);
static pyc_forget_code *pyc_forget;

static destructor pyc_code_dealloc;

static inline void pyc_on_code_dealloc(PyObject *code)
{
    pyc_forget((PyCodeObject *)code);
    pyc_code_dealloc(code);
}

#if PY_VERSION_HEX >= 0x030c0000
static inline int pyc_on_code_event(PyCodeEvent event, PyCodeObject *code)
{
    if (event == PY_CODE_EVENT_DESTROY)
        pyc_forget(code);
    return 0;
}
#endif

static inline void pyc_watch_codes(pyc_forget_code *forget)
{
    if (pyc_forget != NULL)
        return;
    pyc_forget = forget;
#if PY_VERSION_HEX >= 0x030c0000
    if (PyCode_AddWatcher(pyc_on_code_event) >= 0)
        return;
    PyErr_Clear(); /* all eight are taken */
#endif
    /* Without a watcher the slot of the static type is wrapped: nothing of it shows in Python, and it takes no co_extra
     * index (which is visible). */
    pyc_code_dealloc = PyCode_Type.tp_dealloc;
    PyCode_Type.tp_dealloc = pyc_on_code_dealloc;
}

#if PY_VERSION_HEX >= 0x030b0000
static inline struct _PyInterpreterFrame *pyc_thread_frame(const PyThreadState *ts)
{
#if PY_VERSION_HEX >= 0x030d0000
    return ts->current_frame;
#else
    return ts->cframe->current_frame;
#endif
}

/* The innermost frame of this thread, as the interpreter keeps it: no frame object is made. */
static inline struct _PyInterpreterFrame *pyc_current_frame(void)
{
    return pyc_thread_frame(PyThreadState_Get());
}

#if PYC_HAS_MONITORING
/* The state of the running thread if CPython keeps it inside of its own static data, as it does with that of the main thread: its
 * memory is there as long as the process. NULL if not, and where threads run at the same time. */
static inline PyThreadState *pyc_lasting_thread(void)
{
    PyThreadState *ts = PyThreadState_Get();

    return !PYC_CONCURRENT && (uintptr_t)ts - (uintptr_t)&_PyRuntime < sizeof(_PyRuntime) ? ts
                                                                                          : NULL;
}

/* Is it the state of the thread that runs now? Of all that share a GIL only the one that holds it is active. For a thread of the
 * interpreter that `ts` belongs to. Asking CPython costs a call, in a shared libpython two. */
static inline bool pyc_is_running(const PyThreadState *ts)
{
    return ts->_status.active;
}
#endif

/* The code of a complete frame. */
static inline PyCodeObject *pyc_frame_code(const struct _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030e0000
    return (PyCodeObject *)PyStackRef_AsPyObjectBorrow(frame->f_executable);
#elif PY_VERSION_HEX >= 0x030d0000
    return (PyCodeObject *)frame->f_executable;
#else
    return frame->f_code;
#endif
}

/* The nearest frame outwards that runs Python code: skips the shims between C and Python and frames that are
 * still being set up. NULL at the end. */
static inline struct _PyInterpreterFrame *pyc_complete(struct _PyInterpreterFrame *frame)
{
    while (frame != NULL && _PyFrame_IsIncomplete(frame))
        frame = frame->previous;
    return frame;
}

static inline struct _PyInterpreterFrame *pyc_caller(const struct _PyInterpreterFrame *frame)
{
    return pyc_complete(frame->previous);
}

/* The frame outside of this one, complete or not. */
static inline struct _PyInterpreterFrame *pyc_previous(const struct _PyInterpreterFrame *frame)
{
    return frame->previous;
}

/* Where the frame is, in units of 2 bytes from the start of its code; negative before its first instruction. */
static inline int pyc_frame_position(struct _PyInterpreterFrame *frame)
{
    return _PyInterpreterFrame_LASTI(frame);
}

/* Slot i of the fast locals: arguments first. NULL: unbound. */
static inline PyObject *pyc_frame_slot(const struct _PyInterpreterFrame *frame, unsigned i)
{
#if PY_VERSION_HEX >= 0x030e0000
    _PyStackRef slot = frame->localsplus[i];

    return PyStackRef_IsNull(slot) || PyStackRef_IsTaggedInt(slot)
               ? NULL
               : PyStackRef_AsPyObjectBorrow(slot);
#else
    return frame->localsplus[i];
#endif
}

static inline PyObject *pyc_frame_globals(const struct _PyInterpreterFrame *frame)
{
    return frame->f_globals;
}

/* The frame that a frame object (an entry of a traceback) stands for. */
static inline struct _PyInterpreterFrame *pyc_frame_of_object(PyFrameObject *frame)
{
    return frame->f_frame;
}

/* -- code -- */

#define PYC_HAS_QUALNAME 1
#define PYC_LINE_TABLE_FORMAT 1 /* of docs/trail-format.md: co_linetable of 3.11 and later */

static inline PyObject *pyc_code_qualname(const PyCodeObject *code)
{
    return code->co_qualname;
}

static inline PyObject *pyc_code_argument(const PyCodeObject *code, size_t i)
{
    return PyTuple_GET_ITEM(code->co_localsplusnames, (Py_ssize_t)i);
}

/* Does the argument's slot hold a cell? It is made before the first instruction. */
static inline bool pyc_argument_in_cell(const PyCodeObject *code, size_t i)
{
    return (PyBytes_AS_STRING(code->co_localspluskinds)[i] & CO_FAST_CELL) != 0;
}

/* The places of local variables, arguments among them. */
static inline unsigned pyc_locals(const PyCodeObject *code)
{
    return (unsigned)code->co_nlocalsplus;
}

/* The name of the variable in place i; NULL: it is none of the function's own. */
static inline PyObject *pyc_local_name(const PyCodeObject *code, unsigned i)
{
    char kind = PyBytes_AS_STRING(code->co_localspluskinds)[i];

    return kind & CO_FAST_FREE ? NULL : PyTuple_GET_ITEM(code->co_localsplusnames, (Py_ssize_t)i);
}
#endif

/* What the argument holds where its slot is a cell (captured by an inner function). */
static inline PyObject *pyc_cell_content(PyObject *cell)
{
    return cell != NULL && PyCell_Check(cell) ? ((PyCellObject *)cell)->ob_ref : cell;
}

#if PY_VERSION_HEX >= 0x030b0000
/* The value of the variable in place i; NULL: it has none. */
static inline PyObject *pyc_local(const struct _PyInterpreterFrame *frame, const PyCodeObject *code,
                                  unsigned i)
{
    PyObject *value = pyc_frame_slot(frame, i);

    return pyc_argument_in_cell(code, i) ? pyc_cell_content(value) : value;
}
#endif

/* Does each Python call run on the C stack, also without a hook? */
#define PYC_CALLS_TAKE_STACK (PY_VERSION_HEX < 0x030b0000)

/* Before 3.12 the instance of an exception may be made only when somebody catches it. */
#define PYC_MAKES_EXCEPTIONS_LATE (PY_VERSION_HEX < 0x030c0000)

/* The exception that is on its way in this thread, without touching it; all NULL when there is none. On 3.11 the value may
 * not be made yet (NULL, or the argument of the class). */
struct pyc_exception {
    PyObject *type, *value, *traceback;
};

static inline struct pyc_exception pyc_live_exception(void)
{
    PyThreadState *ts = PyThreadState_Get();
    struct pyc_exception e = {NULL, NULL, NULL};

#if PY_VERSION_HEX >= 0x030c0000
    e.value = ts->current_exception;
    if (e.value != NULL) {
        e.type = (PyObject *)Py_TYPE(e.value);
        e.traceback = ((PyBaseExceptionObject *)e.value)->traceback;
    }
#else
    e.type = ts->curexc_type;
    e.value = ts->curexc_value;
    e.traceback = ts->curexc_traceback;
#endif
    return e;
}

#if PY_VERSION_HEX >= 0x030b0000
/* Does the frame stand at a raise statement? True as well where another tool's instrumentation hides the instruction. */
static inline bool pyc_at_raise(const struct _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    int op = frame->instr_ptr->op.code;
#elif PY_VERSION_HEX >= 0x030c0000
    int op = frame->prev_instr->op.code;
#else
    int op = _Py_OPCODE(*frame->prev_instr);
#endif

#if PY_VERSION_HEX >= 0x030c0000
    return op == RAISE_VARARGS || op >= MIN_INSTRUMENTED_OPCODE;
#else
    return op == RAISE_VARARGS;
#endif
}
#endif

#if !PYC_HAS_MONITORING
/* -- PEP 523 (3.10, 3.11) -- */

/*
 * Is tracing on for the C frame that evaluates now, and those that it calls? A raise is told to the thread's trace function before
 * CPython looks at this; calls, lines and returns are told only where it is on. CPython turns it on when a trace function
 * returns, if there is still one.
 */
static inline void pyc_set_tracing(PyThreadState *ts, bool tracing)
{
    ts->cframe->use_tracing = tracing ? 255 : 0; /* 3.11 ors it into the instruction */
}

/* The line that a trace function is told. */
static inline int pyc_traced_line(const PyFrameObject *frame)
{
    return frame->f_lineno;
}

/* Is it the frame of a generator, coroutine or async generator? Its code is alive as long as it runs. */
static inline bool pyc_suspends(const struct _PyInterpreterFrame *frame)
{
    return (pyc_frame_code(frame)->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) !=
           0;
}

#if PY_VERSION_HEX >= 0x030b0000
/* Is the call only making a generator (or coroutine) of this code, not running it? */
static inline bool pyc_makes_generator(const struct _PyInterpreterFrame *frame)
{
    return pyc_suspends(frame) && frame->owner == FRAME_OWNED_BY_THREAD;
}

/* A generator's frame that has never run: it still stands at the instruction that made the generator. */
static inline bool pyc_generator_starts(const struct _PyInterpreterFrame *frame)
{
    return _Py_OPCODE(*frame->prev_instr) == RETURN_GENERATOR;
}

/* After the evaluation of a generator's frame came back with a value: yielded, or done? */
static inline bool pyc_generator_suspended(const struct _PyInterpreterFrame *frame)
{
    const PyGenObject *generator =
        (const PyGenObject *)((const char *)frame - offsetof(PyGenObject, gi_iframe));

    return generator->gi_frame_state == FRAME_SUSPENDED;
}
#endif
#endif

/* -- is it the CPython that we were built for? -- */

/* From 3.13 on the interpreter carries a table of its own layout. */
static inline bool pyc_layout_is_ours(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    const _Py_DebugOffsets *own = &_PyRuntime.debug_offsets;

    return memcmp(own->cookie, "xdebugpy", sizeof(own->cookie)) == 0 &&
           own->thread_state.current_frame == offsetof(PyThreadState, current_frame) &&
           own->interpreter_frame.executable ==
               offsetof(struct _PyInterpreterFrame, f_executable) &&
           own->interpreter_frame.previous == offsetof(struct _PyInterpreterFrame, previous) &&
           own->interpreter_frame.localsplus == offsetof(struct _PyInterpreterFrame, localsplus);
#else
    return true;
#endif
}

/* NULL, or why this interpreter's memory must not be read: a file under the wrong name, a vendor's build with other
 * structures. Called once, from Python code: what is read of its frame has to be what the public functions say. */
static inline const char *pyc_check(void)
{
    static const char expected[] =
        Py_STRINGIFY(PY_MAJOR_VERSION) "." Py_STRINGIFY(PY_MINOR_VERSION);
    const char *version = Py_GetVersion();
    struct _PyInterpreterFrame *frame;
    PyFrameObject *object;
    PyCodeObject *code;
    bool same;

    if (strncmp(version, expected, sizeof(expected) - 1) != 0 ||
        (version[sizeof(expected) - 1] >= '0' && version[sizeof(expected) - 1] <= '9'))
        return "the recorder was built for Python " Py_STRINGIFY(PY_MAJOR_VERSION) "." Py_STRINGIFY(
            PY_MINOR_VERSION);
    if (!pyc_layout_is_ours())
        return "this Python keeps its frames otherwise than the one that the recorder was built "
               "for";
    frame = pyc_complete(pyc_current_frame());
    object = PyEval_GetFrame(); /* borrowed */
    if (frame == NULL || object == NULL)
        return frame == NULL && object == NULL ? NULL : "the frames of this Python cannot be read";
    code = PyFrame_GetCode(object);
    same = pyc_frame_of_object(object) == frame && pyc_frame_code(frame) == code &&
           pyc_frame_globals(frame) == PyEval_GetGlobals();
    Py_DECREF(code);
    return same ? NULL : "the frames of this Python cannot be read";
}

#endif
