/*
 * value_render.c - what repr() and str() would say of an object of a built-in type, without calling them: for the messages of
 * exceptions. Bounded by the sink, in items and in depth; of everything else the class and the address are told.
 */
#include "base/base.h"

#include "hook/value_private.h"

#define RENDER_DEPTH 4
#define RENDER_ITEMS 20
#define RENDER_DIGITS 64 /* of 30 bits: ints up to some 570 decimal digits are written out */

static void put_escaped(struct value_text *t, uint32_t c, char quote)
{
    if (c == (uint32_t)quote || c == '\\') {
        value_text_char(t, '\\');
        value_text_char(t, c);
    } else if (c == '\n') {
        value_text_puts(t, "\\n");
    } else if (c == '\r') {
        value_text_puts(t, "\\r");
    } else if (c == '\t') {
        value_text_puts(t, "\\t");
    } else if (c >= 0x20 && c < 0x7f) {
        value_text_char(t, c);
    } else if (c >= 0x80 && _PyUnicode_IsPrintable(c)) {
        value_text_char(t, c);
    } else if (c < 0x100) {
        value_text_putf(t, "\\x%02x", (unsigned)c);
    } else if (c < 0x10000) {
        value_text_putf(t, "\\u%04x", (unsigned)c);
    } else {
        value_text_putf(t, "\\U%08x", (unsigned)c);
    }
}

/* Python prefers ' and takes " only for a text that has the one and not the other. No more is looked at than fits. */
static char choose_quote(const struct pyc_text *text, size_t room)
{
    size_t i;
    bool single = false;

    for (i = 0; i < text->length && i < room; i++) {
        if (value_char_at(text, i) == '"')
            return '\'';
        single |= value_char_at(text, i) == '\'';
    }
    return single ? '"' : '\'';
}

static void repr_str(struct value_text *t, PyObject *object)
{
    struct pyc_text text = pyc_text(object);
    char quote = choose_quote(&text, (size_t)(t->end - t->p));
    size_t i;

    value_text_char(t, (uint32_t)quote);
    for (i = 0; i < text.length && !t->full; i++)
        put_escaped(t, value_char_at(&text, i), quote);
    value_text_char(t, (uint32_t)quote);
}

static void repr_bytes(struct value_text *t, const char *bytes, size_t len)
{
    struct pyc_text text = {bytes, len, 1, false};
    char quote = choose_quote(&text, (size_t)(t->end - t->p));
    size_t i;
    uint8_t c;

    value_text_char(t, 'b');
    value_text_char(t, (uint32_t)quote);
    for (i = 0; i < len && !t->full; i++) {
        c = (uint8_t)bytes[i];
        if (c < 0x80)
            put_escaped(t, c, quote);
        else
            value_text_putf(t, "\\x%02x", c);
    }
    value_text_char(t, (uint32_t)quote);
}

static void repr_int(struct value_text *t, PyObject *object)
{
    uint32_t left[RENDER_DIGITS], groups[RENDER_DIGITS * PyLong_SHIFT / 29 + 1];
    const digit *digits;
    bool negative;
    size_t n = pyc_long_digits(object, &digits, &negative), ngroups = 0, i;
    uint64_t rest;

    if (n > RENDER_DIGITS) {
        value_text_putf(t, "<int of about %zu bits>", n * PyLong_SHIFT);
        return;
    }
    for (i = 0; i < n; i++)
        left[i] = digits[i];
    do { /* a division by 10^9 for each nine digits */
        for (rest = 0, i = n; i-- > 0;) {
            rest = rest << PyLong_SHIFT | left[i];
            left[i] = (uint32_t)(rest / 1000000000);
            rest %= 1000000000;
        }
        groups[ngroups++] = (uint32_t)rest;
        while (n > 0 && left[n - 1] == 0)
            n--;
    } while (n > 0);
    value_text_putf(t, "%s%u", negative ? "-" : "", groups[--ngroups]);
    while (ngroups-- > 0)
        value_text_putf(t, "%09u", groups[ngroups]);
}

static void put_double(struct value_text *t, double v, int flags)
{
    struct pyc_error error;
    char *text;

    pyc_error_save(&error); /* it sets MemoryError */
    text = PyOS_double_to_string(v, 'r', 0, flags, NULL);
    if (text == NULL)
        PyErr_Clear();
    else
        value_text_puts(t, text);
    PyMem_Free(text);
    pyc_error_restore(&error);
}

static void repr_complex(struct value_text *t, Py_complex v)
{
    if (v.real == 0 && !signbit(v.real)) {
        put_double(t, v.imag, 0);
        value_text_char(t, 'j');
        return;
    }
    value_text_char(t, '(');
    put_double(t, v.real, 0);
    put_double(t, v.imag, Py_DTSF_SIGN);
    value_text_puts(t, "j)");
}

static void repr_items(struct value_text *t, PyObject **items, size_t n, unsigned depth)
{
    size_t i;

    for (i = 0; i < n && !t->full; i++) {
        if (i > 0)
            value_text_puts(t, ", ");
        if (i == RENDER_ITEMS) {
            value_text_puts(t, "...");
            break;
        }
        value_text_repr(t, items[i], depth + 1);
    }
}

static void repr_dict(struct value_text *t, PyObject *object, unsigned depth)
{
    unsigned patience = VALUE_PATIENCE;
    PyObject *key, *value;
    size_t pos = 0, n = 0;
    bool locked = own_lock(object);

    value_text_char(t, '{');
    while (locked && !t->full && pyc_dict_next(object, &pos, &patience, &key, &value)) {
        if (n > 0)
            value_text_puts(t, ", ");
        if (n++ == RENDER_ITEMS) {
            value_text_puts(t, "...");
            break;
        }
        value_text_repr(t, key, depth + 1);
        value_text_puts(t, ": ");
        value_text_repr(t, value, depth + 1);
    }
    value_text_char(t, '}');
    if (locked)
        own_unlock(object);
}

static void repr_list(struct value_text *t, PyObject *object, unsigned depth)
{
    if (!own_lock(object))
        return;
    repr_items(t, ((PyListObject *)object)->ob_item, (size_t)Py_SIZE(object), depth);
    own_unlock(object);
}

static void repr_set(struct value_text *t, PyObject *object, unsigned depth)
{
    const PySetObject *set = (const PySetObject *)object;
    const char *before = "";
    bool frozen = Py_TYPE(object) == &PyFrozenSet_Type, locked = own_lock(object);
    size_t i, n = 0;

    if (set->used == 0) {
        value_text_puts(t, frozen ? "frozenset()" : "set()");
        if (locked)
            own_unlock(object);
        return;
    }
    value_text_puts(t, frozen ? "frozenset({" : "{");
    for (i = 0; locked && i <= (size_t)set->mask && i < VALUE_PATIENCE && !t->full; i++) {
        if (set->table[i].key == NULL || set->table[i].hash == -1)
            continue;
        value_text_puts(t, before);
        if (n++ == RENDER_ITEMS) {
            value_text_puts(t, "...");
            break;
        }
        value_text_repr(t, set->table[i].key, depth + 1);
        before = ", ";
    }
    value_text_puts(t, frozen ? "})" : "}");
    if (locked)
        own_unlock(object);
}

static void repr_container(struct value_text *t, PyObject *object, unsigned depth)
{
    PyTypeObject *type = Py_TYPE(object);
    bool deep = depth >= RENDER_DEPTH;

    if (type == &PyTuple_Type) {
        value_text_char(t, '(');
        if (deep && Py_SIZE(object) > 0)
            value_text_puts(t, "...");
        else
            repr_items(t, ((PyTupleObject *)object)->ob_item, (size_t)Py_SIZE(object), depth);
        value_text_puts(t, Py_SIZE(object) == 1 && !deep ? ",)" : ")");
    } else if (type == &PyList_Type) {
        value_text_char(t, '[');
        if (deep && Py_SIZE(object) > 0)
            value_text_puts(t, "...");
        else
            repr_list(t, object, depth);
        value_text_char(t, ']');
    } else if (type == &PyDict_Type) {
        if (deep && pyc_dict_count(object) > 0)
            value_text_puts(t, "{...}");
        else
            repr_dict(t, object, depth);
    } else if (deep) {
        value_text_puts(t, "{...}");
    } else {
        repr_set(t, object, depth);
    }
}

static void put_type_name(struct value_text *t, PyTypeObject *type)
{
    char module[256], name[256];
    size_t module_len, name_len;

    value_type_names(type, module, &module_len, name, &name_len, sizeof name);
    if (module_len > 0 && !(module_len == 8 && memcmp(module, "builtins", 8) == 0)) {
        value_text_put(t, module, module_len);
        value_text_char(t, '.');
    }
    value_text_put(t, name, name_len);
}

static void repr_exception(struct value_text *t, PyObject *object, unsigned depth)
{
    bool locked = own_lock(object);
    PyObject *args = locked ? ((PyBaseExceptionObject *)object)->args : NULL;
    const char *name = Py_TYPE(object)->tp_name, *dot = strrchr(name, '.');

    value_text_puts(t, dot ? dot + 1 : name);
    value_text_char(t, '(');
    if (args != NULL && PyTuple_CheckExact(args) && depth < RENDER_DEPTH)
        repr_items(t, ((PyTupleObject *)args)->ob_item, (size_t)Py_SIZE(args), depth);
    value_text_char(t, ')');
    if (locked)
        own_unlock(object);
}

/* Types with a text of their own that is put in brackets behind the name: Path, Decimal, UUID. */
static bool repr_known(struct value_text *t, PyObject *object)
{
    const char *name = Py_TYPE(object)->tp_name, *dot;
    enum value_kind kind = value_type_get(Py_TYPE(object))->kind;
    struct value_text before = *t;

    if (kind != VALUE_KIND_PATH && kind != VALUE_KIND_DECIMAL && kind != VALUE_KIND_UUID &&
        kind != VALUE_KIND_ADDRESS_4 && kind != VALUE_KIND_ADDRESS_6)
        return false;
    dot = strrchr(name, '.');
    value_text_puts(t, dot ? dot + 1 : name);
    value_text_puts(t, "('");
    if (value_known_text(t, object, kind) == 0) {
        *t = before;
        return false;
    }
    value_text_puts(t, "')");
    return true;
}

static void repr_other(struct value_text *t, PyObject *object, unsigned depth)
{
    PyTypeObject *type = Py_TYPE(object);

    if (PyType_Check(object)) {
        value_text_puts(t, "<class '");
        put_type_name(t, (PyTypeObject *)object);
        value_text_puts(t, "'>");
    } else if (PyExceptionInstance_Check(object) &&
               type->tp_repr == ((PyTypeObject *)PyExc_BaseException)->tp_repr) {
        repr_exception(t, object, depth);
    } else if (!repr_known(t, object)) {
        value_text_char(t, '<');
        put_type_name(t, type);
        value_text_putf(t, " object at %p>", (void *)object);
    }
}

static bool is_container(const PyTypeObject *type)
{
    return type == &PyTuple_Type || type == &PyList_Type || type == &PyDict_Type ||
           type == &PySet_Type || type == &PyFrozenSet_Type;
}

/* None, True, False, Ellipsis and what never was. */
static const char *constant_name(PyObject *object)
{
    if (object == NULL)
        return "<NULL>";
    if (object == Py_None)
        return "None";
    if (object == Py_Ellipsis)
        return "Ellipsis";
    if (Py_TYPE(object) == &PyBool_Type)
        return object == Py_True ? "True" : "False";
    return NULL;
}

void value_text_repr(struct value_text *t, PyObject *object, unsigned depth)
{
    const char *fixed = constant_name(object);
    PyTypeObject *type = fixed ? NULL : Py_TYPE(object);

    if (fixed != NULL)
        value_text_puts(t, fixed);
    else if (type == &PyUnicode_Type)
        repr_str(t, object);
    else if (type == &PyLong_Type)
        repr_int(t, object);
    else if (type == &PyFloat_Type)
        put_double(t, PyFloat_AS_DOUBLE(object), Py_DTSF_ADD_DOT_0);
    else if (type == &PyComplex_Type)
        repr_complex(t, ((PyComplexObject *)object)->cval);
    else if (type == &PyBytes_Type)
        repr_bytes(t, PyBytes_AS_STRING(object), (size_t)Py_SIZE(object));
    else if (is_container(type))
        repr_container(t, object, depth);
    else
        repr_other(t, object, depth);
}
