/* lines.c - see lines.h: which local variables have changed. */
#include "base/base.h"

#include "hook/lines.h"

#include "hook/value_private.h"

#include <sys/mman.h>

#define TOLD_LOG 16    /* variables of open calls that are remembered, all threads together */
#define LENGTH_BYTES 3 /* of a uv that is written last: up to 2 MiB */
#define NAME_ROOM 256  /* bytes of a variable's name */

/*
 * What was told last of a variable of a call, as a hash of its bytes. One place for each, which a later one may take: then the first
 * one is told again, though it has not changed. So memory stays as it is, and nothing has to be done when a call ends.
 */
struct told {
    uint64_t key;  /* call and slot; 0: none */
    uint64_t hash; /* and the key: one thread may read while another takes the place */
};
static struct told *told; /* Owned mapping; NULL: none was needed yet. Atomic */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9); /* splitmix64, Steele et al. 2014 */
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t hash_of(const uint8_t *p, size_t len)
{
    uint64_t hash = len;

    for (; len >= 8; p += 8, len -= 8) {
        uint64_t word;

        memcpy(&word, p, 8);
        hash = mix(hash ^ word) + UINT64_C(0x9e3779b97f4a7c15);
    }
    for (; len > 0; p++, len--)
        hash = mix(hash ^ *p) + 1;
    return hash;
}

static struct told *place_of(uint64_t call, unsigned slot, uint64_t *ret_key)
{
    *ret_key = mix(call * UINT64_C(0x9e3779b97f4a7c15) + slot + 1) | 1;
    return &told[*ret_key >> (64 - TOLD_LOG)];
}

static bool have_table(void)
{
    struct told *none = NULL;
    void *p;

    if (__atomic_load_n(&told, __ATOMIC_ACQUIRE) != NULL)
        return true;
    p = mmap(NULL, sizeof(*told) << TOLD_LOG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
             -1, 0);
    if (p == MAP_FAILED)
        return false;
    if (!__atomic_compare_exchange_n(&told, &none, (struct told *)p, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        munmap(p, sizeof(*told) << TOLD_LOG); /* another thread was faster */
    return true;
}

void lines_clear(void)
{
    if (told != NULL)
        munmap(told, sizeof(*told) << TOLD_LOG);
    told = NULL;
}

/* A length that is known now, in the three bytes that were kept for it. */
static void patch(uint8_t *at, size_t n)
{
    at[0] = (uint8_t)(n | 0x80);
    at[1] = (uint8_t)(n >> 7 | 0x80);
    at[2] = (uint8_t)(n >> 14 & 0x7f);
}

static void put_local(struct trail_out *out, PyCodeObject *code, unsigned slot, PyObject *name,
                      PyObject *value)
{
    if (value_name_is_secret(name))
        value_put_secret(out, value, &hook.limits);
    else if (UNLIKELY(slot == 0) && value_is_being_made(code, value) &&
             value_secret_arguments(code, pyc_locals(code)) != 0)
        value_put_being_made(out, value, &hook.limits);
    else
        value_put(out, value, &hook.limits);
}

/* One variable, if it is other than it was told. Returns whether it was put. */
static bool put_variable(struct trail_out *out, uint64_t call, unsigned slot, PyCodeObject *code,
                         PyObject *value)
{
    PyObject *name = pyc_local_name(code, slot);
    uint8_t *from = out->p, *bytes;
    char text[NAME_ROOM];
    struct told *last;
    uint64_t key, hash = 0;

    last = place_of(call, slot, &key);
    if (value == NULL && __atomic_load_n(&last->key, __ATOMIC_RELAXED) != key)
        return false; /* it has no value yet */
    trail_put_string(out, TRAIL_TAG_STR, text, value_utf8(name, text, sizeof(text)));
    bytes = out->p;
    put_local(out, code, slot, name, value);
    if (!out->overflow)
        hash = hash_of(bytes, (size_t)(out->p - bytes)) ^ key;
    if (__atomic_load_n(&last->key, __ATOMIC_RELAXED) == key &&
        __atomic_load_n(&last->hash, __ATOMIC_RELAXED) == hash) {
        out->p = from;
        return false;
    }
    __atomic_store_n(&last->key, key, __ATOMIC_RELAXED);
    __atomic_store_n(&last->hash, hash, __ATOMIC_RELAXED);
    return true;
}

static size_t put_variables(struct trail_out *out, uint64_t call,
                            const struct _PyInterpreterFrame *frame, PyCodeObject *code)
{
    const uint8_t *full = out->p + LIMIT_RECORD_BYTES / 2;
    unsigned n = pyc_locals(code);
    size_t put = 0;

    for (unsigned i = 0; i < n && out->p < full && !out->overflow; i++)
        if (pyc_local_name(code, i) != NULL)
            put += put_variable(out, call, i, code, own_local(frame, code, i));
    return put;
}

/* What was written was not committed: all of the call's variables are to be told again. */
static void forget_call(uint64_t call, const PyCodeObject *code)
{
    for (unsigned i = 0; i < pyc_locals(code); i++) {
        uint64_t key;
        struct told *last = place_of(call, i, &key);

        if (__atomic_load_n(&last->key, __ATOMIC_RELAXED) == key)
            __atomic_store_n(&last->key, 0, __ATOMIC_RELAXED);
    }
}

/* The record, without its head. */
static void put_line(struct rec_thread *t, struct trail_out *out,
                     const struct _PyInterpreterFrame *frame, PyCodeObject *code, int64_t delta)
{
    uint8_t *length, *count;
    size_t n;

    trail_put_uv(out, TRAIL_EXTRA_LINE);
    length = out->p;
    trail_put_bytes(out, "\0\0\0", LENGTH_BYTES);
    trail_put_sv(out, delta);
    trail_put_u8(out, TRAIL_TAG_DICT);
    count = out->p;
    trail_put_bytes(out, "\0\0\0\0\0\0", (size_t)2 * LENGTH_BYTES);
    if (out->overflow)
        return;
    n = put_variables(out, t->top->call, frame, code);
    patch(count, n);
    patch(count + LENGTH_BYTES, n);
    patch(length, (size_t)(out->p - length) - LENGTH_BYTES);
}

void lines_put_locals(struct rec_thread *t, const struct _PyInterpreterFrame *frame,
                      PyCodeObject *code, int64_t line, int64_t first_line)
{
    if (!have_table()) {
        rec_line(t, line, first_line);
        return;
    }
    for (;;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_plain(&w.out, w.units, TRAIL_EXTRA);
        put_line(t, &w.out, frame, code, rec_line_delta(t, line, first_line));
        if (LIKELY(rec_commit(t, &w)))
            break;
        forget_call(t->top->call, code);
        if (!rec_thread_make_room(t)) {
            rec_lose(t, t->top->code);
            return;
        }
    }
    t->line_call = t->top->call;
    t->line = line;
}
