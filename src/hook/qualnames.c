/* qualnames.c - see qualnames.h. */
#include "base/base.h"

#include "hook/qualnames.h"

#include "hook/value_private.h"

#if !PYC_HAS_QUALNAME

#define FIRST_SIZE 4096
#define SIZE_MAX_ENTRIES (1U << 22)
#define DEPTH_MAX 64 /* of functions inside of functions: as deep as the compiler goes, by far */

struct qualname {
    PyCodeObject *code; /* Borrowed: forgotten when it dies */
    char *text;         /* Owned */
};

/* Open addressing, half full at most. */
static struct qualname *table;
static size_t mask, used;

static size_t home_of(const PyCodeObject *code)
{
    return (size_t)(((uintptr_t)code >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20);
}

static struct qualname *place_for(struct qualname *in, size_t in_mask, const PyCodeObject *code)
{
    size_t i = home_of(code) & in_mask;

    while (in[i].code != NULL && in[i].code != code)
        i = (i + 1) & in_mask;
    return &in[i];
}

static const char *find(const PyCodeObject *code)
{
    return table != NULL ? place_for(table, mask, code)->text : NULL;
}

static bool grow(void)
{
    size_t size = table == NULL ? FIRST_SIZE : (mask + 1) * 2;
    struct qualname *grown = size <= SIZE_MAX_ENTRIES ? calloc(size, sizeof(*grown)) : NULL;

    if (grown == NULL)
        return false;
    for (size_t i = 0; table != NULL && i <= mask; i++)
        if (table[i].code != NULL)
            *place_for(grown, size - 1, table[i].code) = table[i];
    free(table);
    table = grown;
    mask = size - 1;
    return true;
}

static bool add(PyCodeObject *code, const char *text)
{
    struct qualname *place;
    char *copy;

    if ((table == NULL || used * 2 > mask) && !grow())
        return false;
    copy = strdup(text);
    if (copy == NULL)
        return false;
    place = place_for(table, mask, code);
    place->code = code;
    place->text = copy;
    used++;
    return true;
}

/* Backward-shift deletion, as in codes.c. */
void qualnames_forget(PyCodeObject *code)
{
    struct qualname *place = table != NULL ? place_for(table, mask, code) : NULL;
    size_t hole, i;

    if (place == NULL || place->code == NULL)
        return;
    free(place->text);
    hole = i = (size_t)(place - table);
    for (;;) {
        size_t home;

        i = (i + 1) & mask;
        if (table[i].code == NULL)
            break;
        home = home_of(table[i].code) & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table[hole] = table[i];
            hole = i;
        }
    }
    memset(&table[hole], 0, sizeof(table[hole]));
    used--;
}

static bool is_module(const char *name)
{
    return strcmp(name, "<module>") == 0;
}

/* Notes the code as `name`, and what is inside of it under that. */
static bool note(PyCodeObject *code, const char *name, unsigned depth)
{
    bool is_function = (code->co_flags & CO_NEWLOCALS) != 0;

    if (depth > DEPTH_MAX)
        return false;
    if (find(code) == NULL && !add(code, name))
        return false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *inner = PyTuple_GET_ITEM(code->co_consts, i);
        char own[LIMIT_NAME_BYTES + 1], full[LIMIT_NAME_BYTES + 1];

        if (!PyCode_Check(inner) || find((PyCodeObject *)inner) != NULL)
            continue;
        own[value_utf8(((PyCodeObject *)inner)->co_name, own, LIMIT_NAME_BYTES)] = '\0';
        if (is_module(name))
            memcpy(full, own, sizeof(full));
        else if (snprintf(full, sizeof(full), "%s.%s%s", name, is_function ? "<locals>." : "",
                          own) < 0)
            return false;
        if (!note((PyCodeObject *)inner, full, depth + 1))
            return false;
    }
    return true;
}

bool qualnames_copy(PyCodeObject *code, char *text, size_t size)
{
    const char *found = find(code);

    if (found == NULL) {
        char own[LIMIT_NAME_BYTES + 1];

        own[value_utf8(code->co_name, own, LIMIT_NAME_BYTES)] = '\0';
        if (!note(code, own, 0) && find(code) == NULL)
            return false;
        found = find(code);
    }
    snprintf(text, size, "%s", found);
    return true;
}

/* Of functions that exist already only their own name is known; a decorator may have given it another function's. */
static void note_function(PyFunctionObject *function)
{
    char name[LIMIT_NAME_BYTES + 1], own[LIMIT_NAME_BYTES + 1];
    size_t len, own_len;

    if (function->func_code == NULL || !PyUnicode_Check(function->func_qualname))
        return;
    len = value_utf8(function->func_qualname, name, LIMIT_NAME_BYTES);
    own_len = value_utf8(((PyCodeObject *)function->func_code)->co_name, own, LIMIT_NAME_BYTES);
    name[len] = '\0';
    if (own_len <= len && memcmp(name + len - own_len, own, own_len) == 0)
        note((PyCodeObject *)function->func_code, name, 0);
}

void qualnames_start(void)
{
    pyc_each_function(note_function);
}

#endif
