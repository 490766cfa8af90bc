/*
 * pycompat_object.h - str, types, exceptions, generators, modules: a part of pycompat.h, which includes it.
 */
#ifndef HOOK_PYCOMPAT_OBJECT_H
#define HOOK_PYCOMPAT_OBJECT_H

#ifndef HOOK_PYCOMPAT_H
#error "include hook/pycompat.h"
#endif

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
    return __atomic_load_n(&((const PyASCIIObject *)object)->hash, __ATOMIC_RELAXED);
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

    const char *utf8 =
        __atomic_load_n(&s->utf8, __ATOMIC_ACQUIRE); /* its length was there before */

    if (utf8 == NULL)
        return NULL;
    *ret_length = (size_t)s->utf8_length;
    return utf8;
}

/* -- types -- */

/* A number that changes whenever the type does; 0: none was given yet. */
static inline uint32_t pyc_type_tag(const PyTypeObject *type)
{
#if PY_VERSION_HEX < 0x030c0000
    if (!(type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG))
        return 0;
#endif
    return __atomic_load_n(&type->tp_version_tag, __ATOMIC_RELAXED);
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

/* Did a class statement make it, or what does as one? Then its members are its slots. */
static inline bool pyc_is_class_statement(const PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) &&
           ((const PyHeapTypeObject *)type)->ht_slots != NULL;
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
    PyObject *const *qualname; /* Borrowed; may be NULL in there, and be changed */
    const char *state;
};

static inline struct pyc_generator pyc_generator(PyObject *object)
{
    const PyGenObject *g = (const PyGenObject *)object; /* the three begin alike */
    struct pyc_generator ret = {&g->gi_qualname, "suspended"};
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

#if PY_VERSION_HEX >= 0x030c0000
/*
 * Since one of the first 3.12s (not yet in 3.12.1, but in 3.12.3) a generator that is closed, or dropped, where no try block waits
 * for it is ended without an event. The finalizer, which runs once for each, is the only sign: the slot of the static types is
 * wrapped, of which nothing shows in Python (__del__ has kept the function itself). Called after it, with the GIL held, while the
 * frame is still where it was.
 */
typedef void pyc_forget_frame(struct _PyInterpreterFrame *frame);
static pyc_forget_frame *pyc_forget_generator;
static destructor pyc_finalize_generator;
static PyInterpreterState *pyc_generators_of;

static inline void pyc_on_generator_end(PyObject *object)
{
    PyGenObject *g = (PyGenObject *)object;

    pyc_finalize_generator(object);
    /* An asynchronous generator may have been handed to its loop, which closes it later. */
    if (g->gi_frame_state > FRAME_EXECUTING && PyInterpreterState_Get() == pyc_generators_of)
        pyc_forget_generator((struct _PyInterpreterFrame *)&g->gi_iframe);
}

static inline void pyc_watch_generators(pyc_forget_frame *forget)
{
    PyTypeObject *const types[] = {&PyGen_Type, &PyCoro_Type, &PyAsyncGen_Type};

    if (pyc_forget_generator != NULL)
        return;
    pyc_forget_generator = forget;
    pyc_generators_of = PyInterpreterState_Get();
    pyc_finalize_generator = PyGen_Type.tp_finalize;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (types[i]->tp_finalize == pyc_finalize_generator)
            types[i]->tp_finalize = pyc_on_generator_end;
}
#else
/* Every generator's end is an event. */
typedef void pyc_forget_frame(struct _PyInterpreterFrame *frame);
static inline void pyc_watch_generators(pyc_forget_frame *forget)
{
    (void)forget;
}
#endif

/* -- dicts -- */

/* A new reference; NULL when there is none, or an error, which is set. */
static inline PyObject *pyc_dict_get(PyObject *dict, PyObject *key)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyObject *found = NULL;

    PyDict_GetItemRef(dict, key, &found);
    return found;
#else
    return Py_XNewRef(PyDict_GetItemWithError(dict, key));
#endif
}

/* -- modules -- */

/* sys.modules, borrowed; NULL when it is gone. PyImport_GetModuleDict() would end the process then: finalizers and weak
 * references' callbacks still run when an interpreter that ends has dropped it. */
static inline PyObject *pyc_modules(void)
{
    PyObject *modules = PySys_GetObject("modules");

    return modules != NULL && PyDict_Check(modules) ? modules : NULL;
}

static inline PyObject *pyc_module_name(PyObject *module)
{
    return ((PyModuleObject *)module)->md_name;
}

#endif
