/*
 * pycompat_dict.h - how dicts and instances keep their keys and values: a part of pycompat.h, which includes it.
 */
#ifndef HOOK_PYCOMPAT_DICT_H
#define HOOK_PYCOMPAT_DICT_H

#ifndef HOOK_PYCOMPAT_H
#error "include hook/pycompat.h"
#endif

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

/* The numbers of their entries, `n` bytes that are the same for all that have the same names in the same order. */
static inline const uint8_t *pyc_split_order(const struct pyc_split *split)
{
#if PY_VERSION_HEX >= 0x030d0000 || PY_VERSION_HEX < 0x030b0000
    return split->order;
#else
    return split->order - (split->n - 1);
#endif
}

/* The entry of the i-th of them, where `order` is pyc_split_order(). */
static inline size_t pyc_split_place(const struct pyc_split *split, const uint8_t *order, size_t i)
{
#if PY_VERSION_HEX >= 0x030d0000 || PY_VERSION_HEX < 0x030b0000
    (void)split;
    return order[i];
#else
    return order[split->n - 1 - i];
#endif
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

#endif
