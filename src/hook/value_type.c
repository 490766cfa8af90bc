/*
 * value_type.c - what must be known of a type, found once and kept in a table: its number in the registry
 * (value_number.c), the kind of value that its instances are, where its slots are (value_slots.c).
 *
 * An entry is valid for the same type at the same version tag, which CPython changes whenever the type or one of its bases is
 * modified and never gives to two types; a type without a tag is looked at again each time.
 */
#include "base/base.h"

#include "hook/forget.h"
#include "hook/value_private.h"

#define PROBES 4

#define TYPES_BYTES (VALUE_TYPES * sizeof(struct value_type))
_Static_assert(TYPES_BYTES % FORGET_PAGE == 0, "whole pages");

#if PYC_CONCURRENT
__thread struct value_type *value_types;
#else
struct value_type value_types[VALUE_TYPES] __attribute__((aligned(FORGET_PAGE)));
#endif

/* ---- reading a type ---------------------------------------------------------------------- */

PyObject *value_dict_get(PyObject *dict, const char *name)
{
    unsigned patience = VALUE_PATIENCE;
    PyObject *key, *value, *found = NULL;
    size_t pos = 0;

    if (dict == NULL || !own_lock(dict))
        return NULL;
    while (found == NULL && pyc_dict_next(dict, &pos, &patience, &key, &value))
        if (PyUnicode_CheckExact(key) && value_str_is(key, name))
            found = own_hold(value);
    own_unlock(dict);
    return found;
}

static size_t copy_name(char *to, size_t size, const char *from, size_t len)
{
    if (len > size)
        len = size;
    memcpy(to, from, len);
    return len;
}

void value_type_names(PyTypeObject *type, char *module, size_t *module_len, char *name,
                      size_t *name_len, size_t size)
{
    const char *whole = type->tp_name ? type->tp_name : "";
    const char *dot = strrchr(whole, '.');
    PyObject *qualname = NULL, *stated = NULL;

    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        qualname = own_read(&((PyHeapTypeObject *)type)->ht_qualname);
        stated = value_dict_get(pyc_type_dict(type), "__module__");
    }
    if (qualname != NULL && PyUnicode_Check(qualname))
        *name_len = value_utf8(qualname, name, size);
    else
        *name_len = copy_name(name, size, dot ? dot + 1 : whole, strlen(dot ? dot + 1 : whole));
    if (stated != NULL && PyUnicode_CheckExact(stated))
        *module_len = value_utf8(stated, module, size);
    else if (dot != NULL && (qualname == NULL || pyc_type_is_c(type)))
        *module_len = copy_name(module, size, whole, (size_t)(dot - whole));
    else if (qualname == NULL)
        *module_len = copy_name(module, size, "builtins", 8);
    else
        *module_len = 0; /* a class that hides where it is from */
}

bool value_type_is(PyTypeObject *type, const char *module, const char *name)
{
    char is_module[64], is_name[64];
    size_t module_len, name_len;

    value_type_names(type, is_module, &module_len, is_name, &name_len, sizeof is_name);
    return module_len == strlen(module) && memcmp(module, is_module, module_len) == 0 &&
           name_len == strlen(name) && memcmp(name, is_name, name_len) == 0;
}

static bool is_enum(PyTypeObject *type)
{
    PyTypeObject *meta;

    for (meta = Py_TYPE(type); meta != NULL && meta != &PyType_Type; meta = meta->tp_base)
        if (value_type_is(meta, "enum", "EnumType") || value_type_is(meta, "enum", "EnumMeta"))
            return true;
    return false;
}

PyObject *value_type_fields(PyTypeObject *type)
{
    PyObject *fields = NULL;
    size_t i, n;

    while (fields == NULL && type != NULL && type != &PyTuple_Type) {
        fields = value_dict_get(pyc_type_dict(type), "_fields");
        type = type->tp_base;
    }
    if (fields == NULL || !PyTuple_CheckExact(fields))
        return NULL;
    n = (size_t)Py_SIZE(fields);
    for (i = 0; i < n; i++)
        if (PyTuple_GET_ITEM(fields, i) == NULL ||
            !PyUnicode_CheckExact(PyTuple_GET_ITEM(fields, i)))
            return NULL;
    return fields;
}

/* ---- what kind it is --------------------------------------------------------------------- */

static const struct {
    PyTypeObject *type;
    enum value_kind kind;
} builtins[] = {
    {&PyFloat_Type, VALUE_KIND_FLOAT},
    {&PyComplex_Type, VALUE_KIND_COMPLEX},
    {&PyByteArray_Type, VALUE_KIND_BYTEARRAY},
    {&PySet_Type, VALUE_KIND_SET},
    {&PyFrozenSet_Type, VALUE_KIND_FROZENSET},
    {&PyModule_Type, VALUE_KIND_MODULE},
    {&PyFunction_Type, VALUE_KIND_FUNCTION},
    {&PyCFunction_Type, VALUE_KIND_BUILTIN},
    {&PyMethod_Type, VALUE_KIND_METHOD},
    {&PyMethodDescr_Type, VALUE_KIND_DESCRIPTOR},
    {&PyClassMethodDescr_Type, VALUE_KIND_DESCRIPTOR},
    {&PyWrapperDescr_Type, VALUE_KIND_DESCRIPTOR},
    {&PyRange_Type, VALUE_KIND_RANGE},
    {&PySlice_Type, VALUE_KIND_SLICE},
    {&PyMemoryView_Type, VALUE_KIND_MEMORYVIEW},
    {&PyDictProxy_Type, VALUE_KIND_PROXY},
    {&PyDictKeys_Type, VALUE_KIND_KEYS},
    {&PyDictValues_Type, VALUE_KIND_VALUES},
    {&PyDictItems_Type, VALUE_KIND_ITEMS},
    {&PyGen_Type, VALUE_KIND_GENERATOR},
    {&PyCoro_Type, VALUE_KIND_GENERATOR},
    {&PyAsyncGen_Type, VALUE_KIND_GENERATOR},
};

/* The bases that CPython itself marks in the flags: inherited, and cannot be faked. */
static enum value_kind kind_by_flags(PyTypeObject *type)
{
    unsigned long flags = type->tp_flags;

    if (flags & Py_TPFLAGS_TYPE_SUBCLASS)
        return VALUE_KIND_CLASS;
    if (flags & Py_TPFLAGS_BASE_EXC_SUBCLASS)
        return VALUE_KIND_EXCEPTION;
    if (flags & Py_TPFLAGS_LONG_SUBCLASS)
        return VALUE_KIND_INT;
    if (flags & Py_TPFLAGS_UNICODE_SUBCLASS)
        return VALUE_KIND_STR;
    if (flags & Py_TPFLAGS_BYTES_SUBCLASS)
        return VALUE_KIND_BYTES;
    if (flags & Py_TPFLAGS_LIST_SUBCLASS)
        return VALUE_KIND_LIST;
    if (flags & Py_TPFLAGS_TUPLE_SUBCLASS)
        return value_type_fields(type) ? VALUE_KIND_NAMEDTUPLE : VALUE_KIND_TUPLE;
    if (flags & Py_TPFLAGS_DICT_SUBCLASS)
        return VALUE_KIND_DICT;
    return VALUE_KIND_INSTANCE;
}

static enum value_kind kind_of(PyTypeObject *type, char *ret_code)
{
    enum value_kind kind;
    PyTypeObject *base;
    size_t i;

    if (Py_TYPE(type) != &PyType_Type && is_enum(type))
        return VALUE_KIND_ENUM;
    kind = kind_by_flags(type);
    /* tp_base is the base that gave the layout, whatever the order of the bases is */
    for (base = type; kind == VALUE_KIND_INSTANCE && base != NULL; base = base->tp_base) {
        for (i = 0; i < ARRAY_SIZE(builtins); i++)
            if (builtins[i].type == base)
                kind = builtins[i].kind;
        if (kind == VALUE_KIND_INSTANCE)
            kind = value_known_kind(base, ret_code);
    }
    if (!value_kind_is_stable(kind))
        return VALUE_KIND_INSTANCE;
    if (kind == VALUE_KIND_TENSOR && value_known_kind(type, ret_code) != kind)
        return VALUE_KIND_INSTANCE;
    return kind;
}

static bool is_exact(const PyTypeObject *type)
{
    return type == &PyLong_Type || type == &PyFloat_Type || type == &PyComplex_Type ||
           type == &PyUnicode_Type || type == &PyBytes_Type || type == &PyList_Type ||
           type == &PyTuple_Type || type == &PyDict_Type || type == &PySet_Type ||
           type == &PyFrozenSet_Type;
}

/* ---- the table --------------------------------------------------------------------------- */

struct value_layout *value_type_next_layout(const struct value_type *t, const void *keys)
{
    struct value_type *mine = &value_types[t - value_types];
    struct value_layout *layout;

    if (mine->keys != keys) {
        mine->keys = keys;
        mine->next = 0;
        memset(mine->layouts, 0, sizeof(mine->layouts));
    }
    layout = &mine->layouts[mine->next++ % VALUE_LAYOUTS];
    mine->odd += layout->id != 0 && mine->odd < UINT8_MAX;
    return layout;
}

const struct value_type *value_type_find(PyTypeObject *type)
{
    size_t home = value_type_home(type), i;
    struct value_type *t, *place = NULL;

    for (i = 0; i < PROBES; i++) {
        t = &value_types[(home + i) & (VALUE_TYPES - 1)];
        if (value_type_valid(t, type))
            return t;
        if (t->type == type) {
            place = t;
            break;
        }
        if (t->type == NULL && place == NULL)
            place = t;
    }
    if (place == NULL)
        place = &value_types[home];
    place->type = type;
    place->tag = pyc_type_tag_made(type);
    place->is_static = !(type->tp_flags & Py_TPFLAGS_HEAPTYPE);
    place->qualname = place->is_static ? NULL : ((PyHeapTypeObject *)type)->ht_qualname;
    place->code = 0;
    place->odd = place->next = 0;
    place->keys = NULL;
    memset(place->layouts, 0, sizeof(place->layouts));
    place->kind = (uint8_t)kind_of(type, &place->code);
    place->is_exact = is_exact(type);
    value_slots_find(place, type);
    place->id = value_type_number(type);
    return place;
}

uint32_t value_type_id(PyTypeObject *type)
{
    return value_type_get(type)->id;
}

void value_types_clear(void)
{
    value_numbers_clear();
#if PYC_CONCURRENT
    if (value_types == NULL)
        return;
#endif
    forget_memory(value_types, TYPES_BYTES);
}
