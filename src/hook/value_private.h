/*
 * value_private.h - what the files value*.c share: the walk over one value, the table of types, a text sink.
 *
 * The rules of value.h bind everything here: no user code, no Python allocation, no exception, no reference
 * taken. All objects are Borrowed and stay alive because nothing that could free them runs meanwhile.
 */
#ifndef HOOK_VALUE_PRIVATE_H
#define HOOK_VALUE_PRIVATE_H

#include "base/limits.h"
#include "hook/own.h"
#include "hook/value_quick.h"
#include "hook/value_redact.h"
#include "hook/value_type.h"
#include "trail/encode.h"

/* ---- the walk ---------------------------------------------------------------------------- */

struct value_walk {
    struct trail_out *out;             /* Borrowed */
    const struct value_limits *limits; /* Borrowed */
    uintptr_t end;  /* where the value's bytes end by max_bytes; may lie past out->end */
    uintptr_t safe; /* the nearer one of `end` and out->end: one comparison for both */
    uint32_t chars; /* for value_at() */
    unsigned depth; /* containers, instances and enum members that are open */
    /* What max_depth is for: the same, but an instance right inside another counts twice. */
    unsigned level;
    uint32_t inside;                   /* bit n: the n-th that is open, from 1 on, is an instance */
    PyObject *path[LIMIT_VALUE_DEPTH]; /* Borrowed: the open ones, outermost first */
};

_Static_assert(LIMIT_VALUE_DEPTH < 32, "a bit for each that is open");
/* Each that is open is two values for a reader where it is a SUBCLASS; inside may stand one more of two. */
_Static_assert(2 * LIMIT_VALUE_DEPTH + 2 <= TRAIL_VALUE_NESTING,
               "a reader takes what nests deepest");

/* Empty places of a dict or set that are stepped over before the rest is left out: a queue that was emptied from the
 * front, a huge set with three elements. */
#define VALUE_PATIENCE 1024

/* For value_at(). */
static inline uint32_t value_quick_chars(const struct value_limits *limits)
{
    return limits->max_chars >= VALUE_QUICK_CHARS ? (uint32_t)value_unscanned(VALUE_QUICK_CHARS)
                                                  : 0;
}

/* Of a value that begins at `start`. */
static inline void value_walk_begin(struct value_walk *w, struct trail_out *out,
                                    const uint8_t *start, const struct value_limits *limits)
{
    w->out = out;
    w->limits = limits;
    w->end = (uintptr_t)start + limits->max_bytes;
    w->safe = w->end < (uintptr_t)out->end ? w->end : (uintptr_t)out->end;
    w->chars = value_quick_chars(limits);
    w->depth = w->level = w->inside = 0;
}

/* Bytes that the value may still take. */
static inline size_t value_left(const struct value_walk *w)
{
    uintptr_t p = (uintptr_t)w->out->p;

    return p < w->end ? w->end - p : 0;
}

static inline void value_put_tag(struct value_walk *w, enum trail_tag tag)
{
    trail_put_u8(w->out, (uint8_t)tag);
}

/* Are `need` bytes left? Puts BUDGET when not: the value is then done. */
static inline bool value_fits(struct value_walk *w, size_t need)
{
    if (LIKELY(value_left(w) >= need))
        return true;
    value_put_tag(w, TRAIL_TAG_BUDGET);
    return false;
}

/* Any object, NULL too, into `left` bytes (value.c). */
void value_put_slow(struct value_walk *w, PyObject *object, size_t left);
struct value_type;
/* The same where its type is known, and none that has a tag of its own. */
void value_put_by_kind(struct value_walk *w, PyObject *object, const struct value_type *t);
/* One of a class that is no static type, into VALUE_LEAST bytes at least (value_instance.c). */
void value_put_heap(struct value_walk *w, PyObject *object);

#define VALUE_LEAST 9 /* bytes that are room for the beginning of any value */

/* Puts one value inside another. */
static inline void value_put_inner(struct value_walk *w, PyObject *object)
{
    size_t left = value_left(w);

    if (UNLIKELY(object == NULL))
        value_put_slow(w, object, left);
    else if ((Py_TYPE(object)->tp_flags & Py_TPFLAGS_HEAPTYPE) && LIKELY(left >= VALUE_LEAST))
        value_put_heap(w, object);
    else if (!value_put_quick(w->out, object, left, w->limits))
        value_put_slow(w, object, left);
}

/* REDACTED, unless the object cannot be a secret (value_redact.c). */
void value_put_hidden(struct value_walk *w, PyObject *object);
/* The same for what this name holds: of `pass` only a text, since it may also count what has passed. */
void value_put_hidden_as(struct value_walk *w, PyObject *name, PyObject *object);

/* THE place where a name meets its value inside of captured values: attributes, keys of dicts, fields. `name` is an
 * exact str. (Slots have their verdict in the table of types, arguments theirs with their code.) */
static inline void value_put_named(struct value_walk *w, PyObject *name, PyObject *object)
{
    if (LIKELY(value_redact != NULL) && UNLIKELY(value_name_is_secret(name)))
        value_put_hidden_as(w, name, object);
    else
        value_put_inner(w, object);
}

/* Puts CYCLE and returns true if the object is open already. `up` is 1 for the innermost open one. */
bool value_put_cycle(struct value_walk *w, PyObject *object);
/* Is there no room for a container inside what is open? */
static inline bool value_too_deep(const struct value_walk *w)
{
    return w->level >= w->limits->max_depth || w->depth >= LIMIT_VALUE_DEPTH;
}
void value_put_depth(struct value_walk *w, PyTypeObject *type, size_t count);

static inline void value_open(struct value_walk *w, PyObject *object)
{
    w->path[w->depth++] = object;
    w->inside &= ~(UINT32_C(1) << w->depth);
    w->level++;
}

static inline void value_close(struct value_walk *w)
{
    w->depth--;
    w->level--;
}

/* Opens a container or instance of `count` things for putting them. False: it was put in another way (CYCLE, DEPTH, BUDGET). */
static inline bool value_enter(struct value_walk *w, PyObject *object, size_t count)
{
    if (w->depth > 0 && value_put_cycle(w, object))
        return false;
    if (UNLIKELY(value_too_deep(w))) {
        value_put_depth(w, Py_TYPE(object), count);
        return false;
    }
    if (!value_fits(w, 24))
        return false;
    value_open(w, object);
    return true;
}

/* Is there room for one more? Stops a loop whose output would be thrown away as well. */
static inline bool value_more(const struct value_walk *w)
{
    return value_left(w) > 0 && !w->out->overflow;
}

/* A count that is put before what it counts: room for `most` is kept, the real number is filled in at the end. */
struct value_count {
    uint8_t *at; /* Borrowed; NULL after an overflow */
    size_t width;
};

static inline struct value_count value_count_begin(struct value_walk *w, size_t most)
{
    struct value_count count = {NULL, 1};

    for (; UNLIKELY(most >= 0x80); most >>= 7)
        count.width++;
    if (trail_room(w->out, count.width)) {
        count.at = w->out->p;
        w->out->p += count.width;
    }
    return count;
}

void value_count_end_wide(struct value_walk *w, struct value_count count, size_t n);

static inline void value_count_end(struct value_walk *w, struct value_count count, size_t n)
{
    if (LIKELY(count.width == 1 && count.at != NULL))
        *count.at = (uint8_t)n;
    else
        value_count_end_wide(w, count, n);
}

/* ---- text -------------------------------------------------------------------------------- */

/* Collects UTF-8 in memory of the caller's; what does not fit is left out whole from there on. */
struct value_text {
    char *p;
    char *end;
    bool full;
};

void value_text_put(struct value_text *t, const char *bytes, size_t len);
void value_text_puts(struct value_text *t, const char *text);
void value_text_putf(struct value_text *t, const char *format, ...) PRINTF_LIKE(2, 3);
void value_text_char(struct value_text *t, uint32_t c);
/* The characters of a str (or subclass). */
void value_text_str(struct value_text *t, PyObject *str);
/* A str as UTF-8, cut at a character's border; returns the bytes. */
size_t value_utf8(PyObject *str, char *text, size_t size);
bool value_str_is(PyObject *object, const char *ascii);
uint32_t value_char_at(const struct pyc_text *text, size_t i);

/* A text without its secrets, in memory that the next call uses again. */
struct value_hidden {
    const char *bytes; /* Borrowed */
    size_t len;
    bool whole; /* nothing of the text was cut */
};

/* False: the first `most` characters have none. Looks ahead, so that a secret that the cut goes through is seen whole.
 * Otherwise they go, in at most `room` bytes, into *ret. Bytes are a text with ascii set: copied as they are. */
bool value_text_hide(const struct pyc_text *text, size_t most, size_t room,
                     struct value_hidden *ret);
/* The same in place for UTF-8 in memory of at least size + REDACT_AHEAD bytes; `full`: more did not fit there. Returns
 * the bytes that are left, at most `size`. */
size_t value_text_finish(char *bytes, size_t len, bool full, size_t size);

/* ---- the kinds --------------------------------------------------------------------------- */

#define VALUE_KNOWN_TEXT 512 /* bytes kept of the text form of a Path, a Decimal ... */

/* value_text.c */
void value_put_str(struct value_walk *w, PyObject *object);
/* Characters that are no str: of numpy's U. */
void value_put_text(struct value_walk *w, const struct pyc_text *text);
void value_put_bytes(struct value_walk *w, const char *bytes, size_t len);
void value_put_textual(struct value_walk *w, uint32_t type, const char *text, size_t len,
                       size_t original);

/* A str as REPR of the type. */
void value_put_cut_text(struct value_walk *w, uint32_t type, PyObject *str);

/* value_container.c: an instance of exactly the built-in type */
void value_put_list(struct value_walk *w, PyObject *object);
void value_put_tuple(struct value_walk *w, PyObject *object);
void value_put_dict(struct value_walk *w, PyObject *object);
void value_put_set(struct value_walk *w, PyObject *object, enum value_kind kind);
/* May what it holds be put? Of rows, of what shows another's items, and of ctypes. */
bool value_may_show(PyObject *object, enum value_kind kind);
/* The built-in part of an instance of a subclass, that is open already; count 0 for what is no container. */
size_t value_part_count(PyObject *object, enum value_kind kind);
void value_put_part(struct value_walk *w, PyObject *object, enum value_kind kind);

/* value_instance.c: at the top of a value, in the fewest steps: of a type whose instances were put before. False: another kind of
 * instance, nothing was put. */
bool value_put_usual(struct trail_out *out, PyObject *object, const struct value_limits *limits);

/* value_object.c */
void value_put_instance(struct value_walk *w, PyObject *object, const struct value_type *t);
/* False: its class and its length do not agree; nothing was put. */
bool value_put_namedtuple(struct value_walk *w, PyObject *object, const struct value_type *t);
/* `uv n`, n x (name, value): what is stored in the instance beside its built-in part. */
void value_put_attributes(struct value_walk *w, PyObject *object);
/* What is in its own dict: how much, and the first `most` of it as (name, value); returns how many were put. */
size_t value_pairs_count(PyObject *object);
size_t value_put_pairs(struct value_walk *w, PyObject *object, size_t most);
/* One attribute by name out of the instance's own dict; Borrowed or NULL. */
PyObject *value_attribute(PyObject *object, const char *name);
/* The same out of its slots. */
PyObject *value_slot_get(PyObject *object, const char *name);

/* value_known.c: false if it is not as expected, and nothing was put */
bool value_put_known(struct value_walk *w, PyObject *object, enum value_kind kind, uint32_t type);
/* Appends the text; returns the bytes of the whole, also where fewer fitted, or 0 if it is not as expected. */
size_t value_known_text(struct value_text *t, PyObject *object, enum value_kind kind);
/* Is the object of exactly this C type? */
bool value_known_exactly(PyObject *object, enum value_kind kind);
/* The bits of an int of at most 128; false: it is none. */
bool value_int_bits(PyObject *number, unsigned __int128 *ret);
/* value_address.c: nothing if it is not as expected */
void value_address_text(struct value_text *t, PyObject *object, bool is_6);
/* The same for some kinds: value_path.c, value_decimal.c, value_time.c */
size_t value_path_text(struct value_text *t, PyObject *object);
size_t value_decimal_text(struct value_text *t, PyObject *object);
void value_time_text(struct value_text *t, PyObject *object, enum value_kind kind);
/* What kind is this type, by name and layout? INSTANCE if none of ours. *ret_code is set for a NUMBER. */
enum value_kind value_known_kind(PyTypeObject *type, char *ret_code);

/* value_array.c: ARRAY. False: not as expected, nothing was put. `is_part`: of an instance of a subclass, which is open
 * already. */
bool value_put_array(struct value_walk *w, PyObject *object, enum value_kind kind, bool is_part);
/* A numpy.void: its fields, or its bytes. */
bool value_put_record(struct value_walk *w, PyObject *object);
/* value_element.c: a scalar of numpy's, that the table of types has a code for. */
void value_put_numpy_number(struct value_walk *w, PyObject *object);
/* The same for one of ctypes, if it holds its value itself: else it is memory that may have gone. */
bool value_holds_cdata(PyObject *object);
void value_put_cdata(struct value_walk *w, PyObject *object);

/* value_frame.c: of pandas. False: not as expected, nothing was put. */
bool value_put_frame(struct value_walk *w, PyObject *object, enum value_kind kind, uint32_t type);

/* value_tensor.c: of torch. False: it does not answer for itself, or is not as expected, and nothing was put. */
bool value_put_tensor(struct value_walk *w, PyObject *object, uint32_t type);
/* Does the C class below this class have torch's name? */
bool value_is_tensor(const PyTypeObject *type);

/* value_code.c: functions, methods, classes, modules */
void value_put_callable(struct value_walk *w, PyObject *object, enum value_kind kind);
/* A generator, coroutine or asynchronous generator: its name, and how far it is. */
void value_put_generator(struct value_walk *w, PyObject *object, uint32_t type);

/* value_repr.c: runs the user's code */
void value_put_repr(struct trail_out *out, PyObject *object, const struct value_limits *limits);

/* value_exception.c */
void value_put_exception(struct value_walk *w, PyObject *object, const struct value_type *t);
/* Is it an exception that holds a secret among its arguments, where repr() shows it? */
bool value_exception_tells(PyObject *object);
/* Appends what repr() or str() would say, for built-in types; bounded. */
void value_text_repr(struct value_text *t, PyObject *object, unsigned depth);

#endif
