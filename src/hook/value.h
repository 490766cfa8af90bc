/*
 * value.h - turns a Python object into a value of the trail, without running any of the user's code.
 *
 * Nothing here calls a method, a property, __repr__, __getattr__, __class__ or a descriptor; no attribute is
 * looked up through the type's machinery; no instance __dict__ is made that was not there; no reference
 * outlives the call; no Python exception is set on return, and one that was set on entry is still set.
 * Needs the GIL (free-threaded: the object's owner may change it meanwhile; see value.c).
 */
#ifndef HOOK_VALUE_H
#define HOOK_VALUE_H

#include "hook/pycompat.h"
#include "trail/out.h"

enum value_mode {
    VALUE_STRUCTURE, /* scalars exactly, containers and instances by their contents */
    VALUE_REPR,      /* what repr() says: runs the user's code, bounded */
    VALUE_NAMES,     /* the type's name only */
    VALUE_OFF,       /* nothing */
};

struct value_limits {
    uint32_t max_chars;      /* of one string, in characters */
    uint32_t max_bytes;      /* of one whole encoded value */
    uint32_t max_items;      /* of one container */
    uint32_t max_depth;      /* containers and instances inside each other */
    uint32_t max_attributes; /* of one instance */
    enum value_mode mode;
};

/* Puts one value for `object` (NULL: UNSET). Always puts exactly one whole value, or sets out->overflow (which it may do
 * with up to 32 bytes still free). What does not fit max_bytes is cut or left out, and says so in the value itself; the
 * value takes at most max_bytes and 32. What it costs depends on what is kept, never on the size of the object: so
 *   - the original size of a cut str that is not ASCII, longer than 4,096 characters and without a UTF-8 form in the
 *     interpreter is its size in memory (1, 2 or 4 bytes a character);
 *   - of a dict or set at most 1,024 empty places are stepped over, and the rest is left out;
 *   - a class shows at most 32 of its slots, and counts the others.
 * A namedtuple is an OBJECT with its fields; bytearray and deque are a SUBCLASS of BYTES and LIST; a text that is too long
 * for TEXTUAL is a REPR; CYCLE counts from 1, the innermost container around it. */
void value_put(struct trail_out *out, PyObject *object, const struct value_limits *limits);

/* Puts what a name holds that means a secret: REDACTED, unless it cannot be one. */
void value_put_secret(struct trail_out *out, PyObject *object, const struct value_limits *limits);
/* Is it the `self` of an exception's __init__? Where that is called with secrets they are in `args` already, and put
 * without them. */
bool value_is_being_made(PyCodeObject *code, PyObject *self);
void value_put_being_made(struct trail_out *out, PyObject *exception,
                          const struct value_limits *limits);
/* What a function returns. `secret`: its name means one, as that of a property does. Then text is. */
void value_put_result(struct trail_out *out, PyObject *object, bool secret,
                      const struct value_limits *limits);

/* Which arguments of a code object hold secrets by their names, once for each code: bit i for argument i, the bit
 * VALUE_SECRET_LATE for any from that number on. */
#define VALUE_SECRET_LATE 63
uint64_t value_secret_arguments(PyCodeObject *code, unsigned nargs);
bool value_late_argument_is_secret(PyCodeObject *code, unsigned i);

static inline bool value_argument_is_secret(uint64_t secrets, PyCodeObject *code, unsigned i)
{
    if (LIKELY(i < VALUE_SECRET_LATE))
        return secrets >> i & 1;
    return (secrets >> VALUE_SECRET_LATE & 1) && value_late_argument_is_secret(code, i);
}

/* With mode VALUE_REPR: which event the values of now belong to, as a number that no other event of this thread has, and
 * what to do when its repr() took more than LIMIT_REPR_NS together. Copied; without it each value is an event. */
struct value_repr_hooks {
    uint64_t (*event)(void);
    uint32_t (*function)(void); /* whose values they are: its code's number, 0: nobody's */
    void (*lost)(uint32_t function);
};
void value_repr_use(const struct value_repr_hooks *use);

/* The number of a type in the registry (made on first use); 0 when that failed. */
uint32_t value_type_id(PyTypeObject *type);
/* Forgets all numbers, of functions too: in a forked child they are the parent's. */
void value_types_clear(void);

/* A str as UTF-8, cut at `size` bytes, without secrets: the name that somebody gave a thread or a task. */
size_t value_given_name(PyObject *str, char *text, size_t size);

/* Writes the text that str(exception) would give for exceptions that keep BaseException's, KeyError's, OSError's,
 * SyntaxError's, ImportError's or UnicodeError's own __str__, built from the stored args; for a class with a __str__ of
 * its own, that of BaseException. Secrets in it are replaced. As UTF-8 (lone surrogates as 3 bytes) into text, cut at `size` bytes on a character's
 * border; returns the bytes written. */
size_t value_exception_message(PyObject *exception, char *text, size_t size);

#endif
