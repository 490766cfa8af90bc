/*
 * codes.h - what is known of each code object: its verdict, its number in the registry, its gear.
 *
 * An open-addressing table by the address of the code object. An entry ends with its code object, or a new one at the
 * same address would be taken for the old one and its arguments read by the wrong count (seen: dataclasses compile the
 * same source again and again). No reference is kept: a code object that the program drops is freed as ever. Needs the GIL.
 *
 * Without a GIL each thread has a table of its own, with its own gears and budgets, which is all that the hot path looks in. Its
 * entries are copies out of the process's table, which is behind a lock (codes_own.c); a ticket says whether a copy is still good.
 */
#ifndef HOOK_CODES_H
#define HOOK_CODES_H

#include "hook/pycompat.h"
#include "recorder/function.h"
#include "recorder/thread.h"

/* What all copies of an entry look at. It stays where it is, and is another code's when this one is gone. */
struct codes_ticket {
    uint32_t turn;  /* goes on when the copies are not good any more; release, acquire */
    uint32_t heard; /* which events are set for the code, the backend's own; atomic */
    struct codes_ticket *next;
};

struct code_entry {
    PyCodeObject *code; /* Borrowed, the key; NULL: empty */
    struct rec_function f;
    /* Bit i for argument i, as codes_cells() and value_secret_arguments() have it. */
    uint64_t cells, secrets;
    /* Its number in the registry as a uv, ready to be stored: the first `number_len` bytes. */
    uint64_t number;
    uint32_t number_len; /* or CODES_REFUSED */
    bool has_self;       /* its first argument is called so */
    bool secret_result;  /* by its name, what it returns is a secret */
#if PYC_CONCURRENT
    struct codes_ticket *ticket; /* Borrowed; NULL: empty */
    uint32_t turn;               /* of the ticket when this was copied */
    uint8_t unused[64 - sizeof(void *) - sizeof(uint32_t)];
#endif
};
#define CODES_REFUSED UINT32_MAX /* the registry is full: its calls are lost by number only */
#define CODES_ENTRY_LOG (PYC_CONCURRENT ? 7 : 6)
_Static_assert(sizeof(struct code_entry) == 1 << CODES_ENTRY_LOG, "a cache line, or two");

/* The entry of the code that runs in `frame`, called by `caller` (NULL: by none), made (and judged, and registered if it is
 * recorded) at its first call. NULL when memory is out. Valid until the next call of a function of this header. */
struct code_entry *codes_get(PyCodeObject *code, struct _PyInterpreterFrame *frame,
                             struct _PyInterpreterFrame *caller);
/* The number of a code that is only named (a caller that is not recorded, a frame of a stack); 0: cannot. */
uint32_t codes_name(PyCodeObject *code, PyObject *globals);
/* Which arguments live in cells: bit i for argument i < 64. Their slot holds the cell, made before the first instruction. */
uint64_t codes_cells(PyCodeObject *code, unsigned nargs);
/* Forgets everything (in a forked child the numbers are the parent's) but whose the compiled texts are. */
void codes_clear(void);
/* Forgets all verdicts, but no numbers: the filter has changed. */
void codes_judge_again(void);
/* The same for one. Was it left out? Then its events may have to be listened to again. */
bool codes_judge_one_again(PyCodeObject *code);
/* Starts to listen for code objects that end. */
void codes_watch(void);

/* For rec_frame.thinned of its calls. */
static inline uint64_t codes_result_flag(const struct code_entry *e)
{
    return UNLIKELY(e->secret_result) ? REC_SECRET : 0;
}

/* Calls f() for all that are recorded. The backend's, for codes whose events have changed. */
void codes_each_recorded(void (*f)(PyObject *code));

/* ---- the table ----------------------------------------------------------------------------- */

/* For the inline look-up. */
struct codes {
    struct code_entry
        *table; /* one empty entry until the first code comes, so that nobody has to ask for one */
    size_t mask;
    size_t reach; /* the same in bytes: of the last entry */
    size_t used;
};
extern struct code_entry codes_nothing[1];
#define CODES_EMPTY {codes_nothing, 0, 0, 0}

extern struct codes codes; /* the process's */

#if PYC_CONCURRENT
extern __thread struct codes *codes_own __attribute__((tls_model("initial-exec")));

/* The thread begins, and ends, to have a table. */
void codes_enter(struct codes *own);
void codes_leave(void);
/* Makes a copy that is not good any more one of which nothing is known. */
void codes_renew(struct code_entry *e);
/* Fills in the copy from the entry of the process. */
void codes_copy(struct code_entry *e, const struct code_entry *from);
/* NULL when memory is out. Under the lock, as all that has to do with the process's table. */
struct codes_ticket *codes_take_ticket(void);
void codes_give_ticket(struct codes_ticket *ticket);
void codes_forget_tickets(void);
void codes_lock(void);
void codes_unlock(void);

#define codes_here codes_own
static inline bool codes_is_stale(const struct code_entry *e)
{
    return __atomic_load_n(&e->ticket->turn, __ATOMIC_ACQUIRE) != e->turn;
}
#else
#define codes_here (&codes)
static inline void codes_lock(void)
{
}
static inline void codes_unlock(void)
{
}
#endif

/* An entry for the code, empty or as it was. NULL when memory is out. */
struct code_entry *codes_add(struct codes *c, PyCodeObject *code);
void codes_remove(struct codes *c, struct code_entry *e);
/* Gives its memory back. */
void codes_empty(struct codes *c);

static inline size_t codes_home(const PyCodeObject *code)
{
    return (size_t)((uintptr_t)code * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* The entry at its home; codes_home() in bytes. */
static inline struct code_entry *codes_first(const struct codes *c, const PyCodeObject *code)
{
    size_t at = (size_t)((uintptr_t)code * UINT64_C(0x9e3779b97f4a7c15) >> (32 - CODES_ENTRY_LOG)) &
                c->reach;

    return (struct code_entry *)(void *)((uint8_t *)c->table + at);
}

static inline struct code_entry *codes_find_in(const struct codes *c, const PyCodeObject *code)
{
    struct code_entry *e = codes_first(c, code);

    while (UNLIKELY(e->code != code) && e->code != NULL)
        e = e == c->table + c->mask ? c->table : e + 1;
    return e;
}

/* The hot half. Never NULL: an empty entry, of gear REC_UNKNOWN, where there is none. */
static inline struct code_entry *codes_find(PyCodeObject *code)
{
    struct code_entry *e = codes_find_in(codes_here, code);

#if PYC_CONCURRENT
    if (UNLIKELY(e->code != NULL && codes_is_stale(e)))
        codes_renew(e);
#endif
    return e;
}

/* Is it in gear full and REC_QUICK? One comparison for both. */
static inline bool codes_is_quick(const struct code_entry *e)
{
    const struct rec_function both = {.gear = REC_FULL, .flags = REC_QUICK};
    const struct rec_function mask = {.gear = UINT8_MAX, .flags = REC_QUICK};
    uint16_t is, wanted, masked;

    memcpy(&is, &e->f.gear, sizeof(is));
    memcpy(&wanted, &both.gear, sizeof(wanted));
    memcpy(&masked, &mask.gear, sizeof(masked));
    return (is & masked) == wanted;
}

#endif
