/*
 * value_redact.h - secrets in values: which names hold one, and text without what looks like one.
 *
 * Whether a name holds a secret is found once for each name, by the hash that the interpreter keeps with a str, and once
 * for each code object and type: what is asked for each event is a lookup in a table. Text is scanned before it is put, in
 * the object's own memory. None, True, False, functions, classes and modules are shown whatever their name is: they cannot
 * hold a secret, and whether there was any is worth to know.
 *
 * The rules of value.h bind everything here. Needs the GIL, or own_begin(), for the scratch memory; the table of names
 * is of single words that are right by themselves.
 */
#ifndef HOOK_VALUE_REDACT_H
#define HOOK_VALUE_REDACT_H

#include "hook/pycompat.h"
#include "redact/redact.h"

/* Secrets are looked for from now on; Borrowed for the life of the process. NULL: not any more. */
void value_redact_use(const struct redact *redact);

extern const struct redact *value_redact; /* NULL: redaction is off */
extern size_t
    value_redact_least; /* characters of the shortest str that is scanned; SIZE_MAX: none is */

/* One more than the characters of the longest str that value_at() may put. */
static inline size_t value_unscanned(size_t most)
{
    return most < value_redact_least ? most + 1 : value_redact_least;
}

/* Is this text, or the beginning of one, or a part of it a secret? */
bool value_text_is_secret(const char *bytes, size_t len);

/* ---- names ---- */

#define VALUE_NAMES_LOG 10

/* Atomic, relaxed. By hash: the hash but for its last bit, which is the verdict. */
extern uint64_t value_names[1 << VALUE_NAMES_LOG];

bool value_name_judge(PyObject *name);

/* Is what this name holds a secret? `name` is a str, of a subclass too. */
static inline bool value_name_is_secret(PyObject *name)
{
    uint64_t hash = (uint64_t)pyc_str_hash(name);
    uint64_t known =
        __atomic_load_n(&value_names[hash & ((1 << VALUE_NAMES_LOG) - 1)], __ATOMIC_RELAXED);

    if (LIKELY((known ^ hash) >> 1 == 0 && known > 1))
        return known & 1;
    return value_name_judge(name);
}

/* The same for any object that is used as a key: bytes too, and the last of a tuple, ("db", "password"). */
bool value_key_is_secret(PyObject *key);
bool value_c_name_is_secret(const char *name, size_t len);

#endif
