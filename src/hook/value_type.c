/*
 * value_type.c - what must be known of a type, found once and kept in a table: its number in the registry, the kind of
 * value that its instances are, where its slots are.
 *
 * An entry is valid for the same type at the same version tag, which CPython changes whenever the type or one of its bases is
 * modified and never gives to two types; a type without a tag is looked at again each time. The number belongs to the
 * names alone, so that a class made again by each call of a function is one type of the trail and not a million.
 */
#include "base/base.h"

#include "base/spin.h"
#include "hook/forget.h"
#include "hook/value_private.h"
#include "recorder/registry.h"

#include <sys/mman.h>

#define PROBES 4
#define FIRST_NAMES 1024 /* a power of two */
#define HASH_BASE UINT64_C(0xcbf29ce484222325)

#define TYPES_BYTES (VALUE_TYPES * sizeof(struct value_type))
_Static_assert(TYPES_BYTES % FORGET_PAGE == 0, "whole pages");

#if PYC_CONCURRENT
__thread struct value_type *value_types;
#else
struct value_type value_types[VALUE_TYPES] __attribute__((aligned(FORGET_PAGE)));
#endif

/* Numbers that were given to types and layouts, by a hash of their names. As many as the registry takes: a program with many types
 * must not tell of them again and again. Where memory is out, a name that is seen again gets a second number, which readers must allow
 * for anyway. */
static struct {
    struct given {
        uint64_t hash;
        uint32_t id; /* 0: empty */
    } *table;        /* Owned mapping */
    size_t size, used;
    uint32_t lock; /* where threads run at the same time */
} names;

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

/* ---- slots ------------------------------------------------------------------------------- */

/* A model of pydantic keeps its fields in its dict, and beside them what they were set by, extra ones and private ones. */
static bool is_pydantic(const char *name)
{
    return strncmp(name, "__pydantic_", 11) == 0;
}

static void add_slot(struct value_type *t, const PyMemberDef *member)
{
    struct value_slot *slot;
    size_t len;

    if (strcmp(member->name, "__pydantic_fields_set__") == 0)
        return;
    if (t->nslots < VALUE_SLOTS) {
        len = strlen(member->name);
        slot = &t->slots[t->nslots];
        slot->name = member->name;
        slot->len = (uint16_t)(len < LIMIT_NAME_BYTES ? len : LIMIT_NAME_BYTES);
        slot->offset = (uint32_t)member->offset;
        slot->secret = value_c_name_is_secret(slot->name, slot->len);
        slot->quiet = is_pydantic(slot->name);
    }
    if (t->nslots < UINT16_MAX)
        t->nslots++;
}

/* Is this member what the class statement calls `stated`? Private names have the class's name in front. */
static bool is_member(const PyMemberDef *member, PyObject *stated)
{
    char name[256];
    size_t len, whole = strlen(member->name);

    if (stated == NULL || !PyUnicode_CheckExact(stated))
        return false;
    len = value_utf8(stated, name, sizeof name);
    if (whole < len || memcmp(member->name + whole - len, name, len) != 0)
        return false;
    return whole == len || (len > 2 && name[0] == '_' && name[1] == '_' && member->name[0] == '_');
}

static bool is_slot(const PyMemberDef *member)
{
    return member->name != NULL && pyc_member_is_object(member);
}

/* What the class statement said, as far as it is still a tuple or a list; NULL and 0 otherwise. A list may be changed by other
 * threads. */
static PyObject **stated_slots(PyTypeObject *type, size_t *ret_n)
{
    PyObject *stated = value_dict_get(pyc_type_dict(type), "__slots__");

    *ret_n = 0;
    if (stated == NULL ||
        !(PyTuple_CheckExact(stated) || (!PYC_CONCURRENT && PyList_CheckExact(stated))))
        return NULL;
    *ret_n = (size_t)Py_SIZE(stated);
    return PyTuple_CheckExact(stated) ? ((PyTupleObject *)stated)->ob_item
                                      : ((PyListObject *)stated)->ob_item;
}

/* CPython sorts the storage by name; __slots__ has the order of the class statement. */
static void add_slots_of(struct value_type *t, PyTypeObject *type)
{
    const PyMemberDef *members = NULL;
    size_t n = pyc_type_slots(type, &members), nstated = 0, i, j;
    PyObject **stated = n > 1 ? stated_slots(type, &nstated) : NULL;
    uint64_t done = 0; /* of the first 64: which were added */

    for (i = 0; i < nstated && i < 64; i++) {
        for (j = 0; j < n && j < 64; j++)
            if (!(done >> j & 1) && is_slot(&members[j]) && is_member(&members[j], stated[i]))
                break;
        if (j < n && j < 64) {
            done |= UINT64_C(1) << j;
            add_slot(t, &members[j]);
        }
    }
    for (j = 0; j < n; j++)
        if ((j >= 64 || !(done >> j & 1)) && is_slot(&members[j]))
            add_slot(t, &members[j]);
}

/* Types in C whose members tell what an instance is: read where they lie, as those of __slots__ are. */
static const struct {
    const char *type;
    const char *members[3];
} in_c[] = {
    {"functools.partial", {"func", "args", "keywords"}},
    {"re.Pattern", {"pattern"}},
    {"re.Match", {"string", "re"}},
    {"zoneinfo.ZoneInfo", {"key"}},
};

static void add_members_of(struct value_type *t, const PyTypeObject *type)
{
    size_t i, k;

    if (type->tp_members == NULL || type->tp_name == NULL || pyc_is_class_statement(type))
        return;
    for (i = 0; i < ARRAY_SIZE(in_c); i++)
        if (strcmp(in_c[i].type, type->tp_name) == 0)
            break;
    for (k = 0; i < ARRAY_SIZE(in_c) && k < ARRAY_SIZE(in_c[i].members); k++)
        for (const PyMemberDef *m = type->tp_members; m->name != NULL; m++)
            if (in_c[i].members[k] != NULL && strcmp(m->name, in_c[i].members[k]) == 0 &&
                is_slot(m))
                add_slot(t, m);
}

static void find_slots(struct value_type *t, PyTypeObject *type)
{
    PyObject *mro = type->tp_mro; /* changed only while all threads stand still */
    Py_ssize_t i;

    t->nslots = 0;
    if (mro == NULL || !PyTuple_Check(mro))
        return;
    for (i = Py_SIZE(mro); i-- > 0;) {
        PyObject *base = PyTuple_GET_ITEM(mro, i);

        if (base == NULL || !PyType_Check(base))
            continue;
        add_slots_of(t, (PyTypeObject *)base);
        add_members_of(t, (PyTypeObject *)base);
    }
}

/* ---- the table --------------------------------------------------------------------------- */

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Where the hash is, or its place. */
static struct given *find_given(struct given *table, size_t size, uint64_t hash)
{
    size_t i = (size_t)(hash ^ hash >> 32) & (size - 1);

    while (table[i].id != 0 && table[i].hash != hash)
        i = (i + 1) & (size - 1);
    return &table[i];
}

/* The number that was given to this hash; 0: none. */
static uint32_t given(uint64_t hash)
{
    uint32_t id;

    spin_enter(PYC_CONCURRENT, &names.lock);
    id = names.size > 0 ? find_given(names.table, names.size, hash)->id : 0;
    spin_leave(PYC_CONCURRENT, &names.lock);
    return id;
}

static bool grow_names(void)
{
    size_t size = names.size > 0 ? names.size * 2 : FIRST_NAMES;
    struct given *table = mmap(NULL, size * sizeof(*table), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (table == MAP_FAILED)
        return false;
    for (size_t i = 0; i < names.size; i++)
        if (names.table[i].id != 0)
            *find_given(table, size, names.table[i].hash) = names.table[i];
    if (names.size > 0)
        munmap(names.table, names.size * sizeof(*names.table));
    names.table = table;
    names.size = size;
    return true;
}

/* Another thread may have been faster: then the name has two numbers, as above. */
static uint32_t give(uint64_t hash, uint32_t id)
{
    struct given *place;

    spin_enter(PYC_CONCURRENT, &names.lock);
    if (names.used * 2 < names.size || grow_names()) {
        place = find_given(names.table, names.size, hash);
        names.used += place->id == 0;
        *place = (struct given){hash, id};
    }
    spin_leave(PYC_CONCURRENT, &names.lock);
    return id;
}

static uint32_t number_of(PyTypeObject *type)
{
    char module[LIMIT_NAME_BYTES], name[LIMIT_NAME_BYTES];
    size_t module_len, name_len;
    uint64_t hash = HASH_BASE;
    uint32_t id;

    value_type_names(type, module, &module_len, name, &name_len, LIMIT_NAME_BYTES);
    hash = hash_bytes(hash, module, module_len);
    hash = hash_bytes(hash, "", 1);
    hash = hash_bytes(hash, name, name_len);
    id = given(hash);
    if (id != 0)
        return id;
    id = registry_add_type(module, module_len, name, name_len);
    return id != 0 ? give(hash, id) : 0;
}

uint32_t value_layout_id(uint32_t type, const struct trail_text *attributes, size_t n)
{
    struct trail_layout_info info = {0, type, attributes, n};
    uint64_t hash = hash_bytes(~HASH_BASE, (const char *)&type, sizeof(type));
    uint32_t id;
    size_t i;

    for (i = 0; i < n; i++) {
        hash = hash_bytes(hash, attributes[i].bytes, attributes[i].len);
        hash = hash_bytes(hash, "", 1);
    }
    id = given(hash);
    if (id != 0)
        return id;
    id = registry_add_layout(&info);
    return id != 0 ? give(hash, id) : 0;
}

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
    find_slots(place, type);
    place->id = number_of(type);
    return place;
}

uint32_t value_type_id(PyTypeObject *type)
{
    return value_type_get(type)->id;
}

void value_types_clear(void)
{
    if (names.size > 0)
        munmap(names.table, names.size * sizeof(*names.table));
    names.table = NULL;
    names.size = names.used = names.lock = 0;
#if PYC_CONCURRENT
    if (value_types == NULL)
        return;
#endif
    forget_memory(value_types, TYPES_BYTES);
}
