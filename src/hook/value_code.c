/*
 * value_code.c - functions, methods, classes and modules: by their names; generators and coroutines by name and state.
 */
#include "base/base.h"

#include "hook/value_private.h"

struct names {
    char module[LIMIT_NAME_BYTES];
    char name[LIMIT_NAME_BYTES];
    size_t module_len;
    size_t name_len;
};

static size_t str_name(PyObject *str, char *text)
{
    return str != NULL && PyUnicode_Check(str) ? value_utf8(str, text, LIMIT_NAME_BYTES) : 0;
}

static size_t c_name(const char *name, char *text)
{
    size_t len = name ? strlen(name) : 0;

    if (len > LIMIT_NAME_BYTES)
        len = LIMIT_NAME_BYTES;
    memcpy(text, name ? name : "", len);
    return len;
}

static void put_names(struct value_walk *w, enum trail_tag tag, const struct names *names)
{
    if (!value_fits(w, names->module_len + names->name_len + 6))
        return;
    value_put_tag(w, tag);
    trail_put_text(w->out, names->module, names->module_len);
    trail_put_text(w->out, names->name, names->name_len);
}

static void type_names(PyTypeObject *type, struct names *names)
{
    value_type_names(type, names->module, &names->module_len, names->name, &names->name_len,
                     LIMIT_NAME_BYTES);
}

/* "type.name", with the module of the type. */
static void member_names(PyTypeObject *type, struct names *names, const char *name, size_t len)
{
    type_names(type, names);
    if (names->name_len + 1 + len > LIMIT_NAME_BYTES)
        return;
    names->name[names->name_len] = '.';
    memcpy(names->name + names->name_len + 1, name, len);
    names->name_len += 1 + len;
}

static void function_names(PyObject *object, struct names *names)
{
    const PyFunctionObject *f = (const PyFunctionObject *)object;

    names->module_len = str_name(own_read(&f->func_module), names->module);
    names->name_len =
        str_name(own_read(f->func_qualname ? &f->func_qualname : &f->func_name), names->name);
}

static void builtin_names(PyObject *object, struct names *names)
{
    const PyCFunctionObject *f = (const PyCFunctionObject *)object;
    const char *name = f->m_ml && f->m_ml->ml_name ? f->m_ml->ml_name : "";
    PyObject *self = f->m_self;

    if (self == NULL || PyModule_Check(self)) {
        names->name_len = c_name(name, names->name);
        names->module_len = str_name(f->m_module, names->module);
        if (names->module_len == 0 && self != NULL)
            names->module_len = str_name(pyc_module_name(self), names->module);
        return;
    }
    member_names(PyType_Check(self) ? (PyTypeObject *)self : Py_TYPE(self), names, name,
                 strlen(name));
}

static void descriptor_names(PyObject *object, struct names *names)
{
    const PyDescrObject *d = (const PyDescrObject *)object;
    char name[LIMIT_NAME_BYTES];
    size_t len = str_name(d->d_name, name);

    if (d->d_type == NULL) {
        names->module_len = 0;
        memcpy(names->name, name, len);
        names->name_len = len;
    } else {
        member_names(d->d_type, names, name, len);
    }
}

/* What a bound method or a wrapper calls: nearly always a function. */
static void called_names(PyObject *object, PyObject *function, struct names *names)
{
    if (function != NULL && PyFunction_Check(function))
        function_names(function, names);
    else if (function != NULL && PyCFunction_Check(function))
        builtin_names(function, names);
    else
        type_names(Py_TYPE(function ? function : object), names);
}

void value_put_callable(struct value_walk *w, PyObject *object, enum value_kind kind)
{
    struct names names;

    switch (kind) {
    case VALUE_KIND_CLASS:
        type_names((PyTypeObject *)object, &names);
        put_names(w, TRAIL_TAG_CLASS, &names);
        return;
    case VALUE_KIND_MODULE:
        names.name_len = str_name(pyc_module_name(object), names.name);
        if (!value_fits(w, names.name_len + 3))
            return;
        value_put_tag(w, TRAIL_TAG_MODULE);
        trail_put_text(w->out, names.name, names.name_len);
        return;
    case VALUE_KIND_FUNCTION:
        function_names(object, &names);
        break;
    case VALUE_KIND_BUILTIN:
        builtin_names(object, &names);
        break;
    case VALUE_KIND_METHOD:
        called_names(object, ((PyMethodObject *)object)->im_func, &names);
        break;
    case VALUE_KIND_WRAPPER:
        called_names(object, value_attribute(object, "__wrapped__"), &names);
        break;
    default:
        descriptor_names(object, &names);
        break;
    }
    put_names(w, TRAIL_TAG_FUNCTION, &names);
}

void value_put_generator(struct value_walk *w, PyObject *object, uint32_t type)
{
    struct pyc_generator generator = pyc_generator(object);
    uint64_t identity = (uintptr_t)object;
    char name[LIMIT_NAME_BYTES];
    size_t len = str_name(own_read(generator.qualname), name);

    if (!value_fits(w, len + 56))
        return;
    value_put_tag(w, TRAIL_TAG_OBJECT);
    trail_put_uv(w->out, type);
    trail_put_bytes(w->out, &identity, sizeof identity);
    trail_put_uv(w->out, 2);
    trail_put_uv(w->out, 2);
    trail_put_text(w->out, "name", 4);
    trail_put_string(w->out, TRAIL_TAG_STR, name, len);
    trail_put_text(w->out, "state", 5);
    trail_put_string(w->out, TRAIL_TAG_STR, generator.state, strlen(generator.state));
}
