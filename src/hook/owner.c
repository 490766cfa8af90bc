/* owner.c - see owner.h. */
#include "base/base.h"

#include "hook/owner.h"

#include "hook/value_private.h"

/* The first class in the order of `type` whose own dict has a function of this name that runs this code. Borrowed. */
static PyTypeObject *class_with(PyTypeObject *type, const char *name, const PyCodeObject *code)
{
    PyObject *mro = type->tp_mro;

    for (Py_ssize_t i = 0; mro != NULL && PyTuple_Check(mro) && i < PyTuple_GET_SIZE(mro); i++) {
        PyObject *base = PyTuple_GET_ITEM(mro, i), *found = NULL;

        if (base != NULL && PyType_Check(base))
            found = value_dict_get(pyc_type_dict((PyTypeObject *)base), name);
        if (found != NULL && PyFunction_Check(found) &&
            PyFunction_GET_CODE(found) == (PyObject *)code)
            return (PyTypeObject *)base;
    }
    return NULL;
}

/* Writes `Class.method`; a name that does not fit stays what it was. */
static void name_by(PyTypeObject *class, const char *method, char *name, size_t size)
{
    char module[LIMIT_NAME_BYTES], text[LIMIT_NAME_BYTES];
    size_t module_len, len = 0, method_size = strlen(method) + 1;

    value_type_names(class, module, &module_len, text, &len, sizeof(text));
    if (len == 0 || len + 1 + method_size > size)
        return;
    memcpy(name, text, len);
    name[len] = '.';
    memcpy(name + len + 1, method, method_size);
}

void owner_name(struct describe_code *about, PyCodeObject *code,
                const struct _PyInterpreterFrame *frame)
{
    char method[LIMIT_NAME_BYTES + 1];
    PyTypeObject *class;
    PyObject *first;

    if (about->file[0] != '<' || frame == NULL || describe_nargs(code) == 0)
        return;
    first = own_local(frame, code, 0);
    if (first == NULL)
        return;
    method[value_utf8(code->co_name, method, LIMIT_NAME_BYTES)] = '\0';
    class = class_with(Py_TYPE(first), method, code);
    if (class != NULL)
        name_by(class, method, about->name, sizeof(about->name));
}
