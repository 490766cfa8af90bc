/*
 * value_slots.c - where in an instance its slots lie, in the order of the class statements, and what instances of some types in C
 * have in their place.
 */
#include "base/base.h"

#include "hook/value_private.h"

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

void value_slots_find(struct value_type *t, PyTypeObject *type)
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
