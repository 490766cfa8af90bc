/*
 * value_type.h - the table of types: what must be known of a type to put its instances.
 *
 * The rules of value.h bind everything here. Under the GIL one table a process, else one a thread: no lock is taken for it. Objects are
 * Borrowed.
 */
#ifndef HOOK_VALUE_TYPE_H
#define HOOK_VALUE_TYPE_H

#include "hook/own.h"
#include "hook/pycompat.h"
#include "trail/encode.h"

enum value_kind {
    VALUE_KIND_INT,
    VALUE_KIND_FLOAT,
    VALUE_KIND_COMPLEX,
    VALUE_KIND_STR,
    VALUE_KIND_BYTES,
    VALUE_KIND_BYTEARRAY,
    VALUE_KIND_CDATA,    /* a simple value of ctypes, c_int and so on */
    VALUE_KIND_NUMBER,   /* of numpy; up to here: no containers */
    VALUE_KIND_INSTANCE, /* OBJECT: what its dict and slots hold */
    VALUE_KIND_LIST,
    VALUE_KIND_TUPLE,
    VALUE_KIND_NAMEDTUPLE,
    VALUE_KIND_DICT,
    VALUE_KIND_SET,
    VALUE_KIND_FROZENSET,
    VALUE_KIND_DEQUE,
    VALUE_KIND_PROXY, /* mappingproxy */
    VALUE_KIND_KEYS,  /* views of a dict */
    VALUE_KIND_VALUES,
    VALUE_KIND_ITEMS,
    VALUE_KIND_ROW, /* of sqlite3 */
    VALUE_KIND_NDARRAY,
    VALUE_KIND_ARRAY,
    VALUE_KIND_MEMORYVIEW,
    VALUE_KIND_RECORD, /* numpy.void */
    VALUE_KIND_FRAME,  /* of pandas */
    VALUE_KIND_SERIES,
    VALUE_KIND_INDEX,
    VALUE_KIND_TENSOR,    /* of torch; no subclass, which may answer otherwise than what it holds */
    VALUE_KIND_GENERATOR, /* coroutines too */
    VALUE_KIND_ENUM,
    VALUE_KIND_EXCEPTION,
    VALUE_KIND_FUNCTION,
    VALUE_KIND_BUILTIN,
    VALUE_KIND_METHOD,
    VALUE_KIND_WRAPPER, /* functools.cache and the like: the function that is wrapped */
    VALUE_KIND_DESCRIPTOR,
    VALUE_KIND_CLASS,
    VALUE_KIND_MODULE,
    VALUE_KIND_RANGE,
    VALUE_KIND_SLICE,
    VALUE_KIND_DATETIME,
    VALUE_KIND_DATE,
    VALUE_KIND_TIME,
    VALUE_KIND_TIMEDELTA,
    VALUE_KIND_TIMEZONE,
    VALUE_KIND_DECIMAL,
    VALUE_KIND_FRACTION,
    VALUE_KIND_UUID,
    VALUE_KIND_ADDRESS_4, /* of ipaddress */
    VALUE_KIND_ADDRESS_6,
    VALUE_KIND_PATH,
    VALUE_KIND_NUMPY_DATETIME,
    VALUE_KIND_NUMPY_TIMEDELTA,
    VALUE_KIND_NO_TIME,
    VALUE_KIND_MMAP,
};

/* Can the contents of such be read? Where threads run at the same time, the memory of an array may be given back meanwhile, under no
 * lock that anybody knows. */
static inline bool value_kind_is_stable(enum value_kind kind)
{
    return !PYC_CONCURRENT || kind < VALUE_KIND_NDARRAY || kind > VALUE_KIND_TENSOR;
}

#define VALUE_SLOTS 32 /* slots of a type that are shown; more are counted */

#define VALUE_LAYOUTS 4 /* of a type, at hand */
#define VALUE_LAYOUT_MOST 31
_Static_assert(VALUE_LAYOUT_MOST <= TRAIL_LAYOUT_NAMES, "the format has room for it");

/* The attributes of instances whose values lie beside the keys of their class: the same places in the same order have the same
 * names, which the registry was told once. */
struct value_layout {
    uint32_t id;      /* number in the registry; 0: none */
    uint32_t secrets; /* bit i: attribute i, by its name */
    uint8_t n;
    uint8_t order[VALUE_LAYOUT_MOST]; /* as pyc_split_order() has it */
};

struct value_slot {
    const char *name; /* Borrowed from the type */
    uint32_t offset;
    uint16_t len;
    bool secret; /* by its name */
    bool quiet;  /* not shown where it is None */
};

/* What must be known of a type to put its instances; an entry of the table. */
struct value_type {
    PyTypeObject *type; /* Borrowed, NULL: empty. May be dead: compared, never followed */
    PyObject *qualname; /* Borrowed, compared only */
    uint32_t tag;       /* of the type when this was written; 0: cannot tell */
    uint32_t id;        /* number in the registry; 0: could not be made, tried again */
    uint8_t kind;       /* enum value_kind */
    bool is_static;     /* lives as long as the process, and its name with it */
    bool is_exact;      /* the built-in type of that kind itself */
    char code;          /* of a NUMBER or CDATA: see value_element.c */
    uint8_t odd;        /* layouts that were replaced by others, up to 255 */
    uint8_t next;       /* of the layouts: which is replaced */
    uint16_t nslots;    /* all it has, those past VALUE_SLOTS too: they are counted, not shown */
    const void *keys;   /* that the layouts are for; compared only */
    struct value_layout layouts[VALUE_LAYOUTS];
    struct value_slot slots[VALUE_SLOTS];
};

#define VALUE_TYPES_LOG 9
#define VALUE_TYPES (1u << VALUE_TYPES_LOG)

/* One a process; of each thread, where threads run at the same time (own.c). */
#if PYC_CONCURRENT
extern __thread struct value_type *value_types __attribute__((tls_model("initial-exec")));
#else
extern struct value_type value_types[VALUE_TYPES];
#endif

static inline size_t value_type_home(const PyTypeObject *type)
{
    return (size_t)(((uintptr_t)type >> 4) * UINT64_C(0x9e3779b97f4a7c15) >>
                    (64 - VALUE_TYPES_LOG));
}

static inline bool value_type_valid(const struct value_type *t, const PyTypeObject *type)
{
    return t->type == type && t->id != 0 &&
           (t->is_static || (t->tag != 0 && t->tag == pyc_type_tag(type) &&
                             t->qualname == ((const PyHeapTypeObject *)type)->ht_qualname));
}

/* The rare half of value_type_get(). */
const struct value_type *value_type_find(PyTypeObject *type);

/* The place of the type's entry for one more, of these keys; never NULL. */
struct value_layout *value_type_next_layout(const struct value_type *t, const void *keys);

/* value_number.c: told to the registry if it is a new one. 0: cannot. */
uint32_t value_type_number(PyTypeObject *type);
/* The number of the layout of a type with these names. */
uint32_t value_layout_id(uint32_t type, const struct trail_text *names, size_t n);

/* In a forked child. */
void value_numbers_clear(void);

/* value_slots.c: fills in those of the type and its bases. */
void value_slots_find(struct value_type *t, PyTypeObject *type);

/* Never NULL. Valid until the next call: putting a child may overwrite the entry. */
static inline const struct value_type *value_type_get(PyTypeObject *type)
{
    const struct value_type *t = &value_types[value_type_home(type)];

    return LIKELY(value_type_valid(t, type)) ? t : value_type_find(type);
}

/* The value of a key in a dict of a type or instance, compared as text: no lookup, no hash, no __eq__. Borrowed or NULL. */
PyObject *value_dict_get(PyObject *dict, const char *name);
/* Module and qualified name of a type as UTF-8, each into `size` bytes; the lengths come back. */
void value_type_names(PyTypeObject *type, char *module, size_t *module_len, char *name,
                      size_t *name_len, size_t size);
/* The names of a namedtuple class: a tuple of exact str, Borrowed; NULL if it is none. */
PyObject *value_type_fields(PyTypeObject *type);
bool value_type_is(PyTypeObject *type, const char *module, const char *name);

#endif
