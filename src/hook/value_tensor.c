/*
 * value_tensor.c - torch: shape, dtype, device and the first elements of a tensor, read from the C++ object behind it.
 *
 * Nobody promises where things lie in that object, and every way to ask torch runs code (modes, hooks, subclasses). So it
 * is read as bytes, by the kernel, which answers an address that is not there with an error; and it is believed only if
 * it says of itself what a plain tensor says: it points back at the Python object, its sizes multiply to its number of
 * elements, it has a dtype and a device that exist, and none of its answers is computed by somebody else (sparse, nested, fake
 * tensors, those of vmap). Otherwise it is put as any other instance: by its type. The places are those of torch 2.2 to 2.15.
 */
#include "base/base.h"

#include "hook/value_array.h"
#include "hook/value_instance.h"

#include <sys/uio.h>
#include <unistd.h>

#define DIMENSIONS 64
#define INLINE_DIMENSIONS 5 /* c10's SizesAndStrides: more lie elsewhere */
#define AT_ONCE 16          /* elements that are asked for together */

/* What stands behind the pointer to the Python object in c10's TensorImpl, the same in all these versions. */
struct behind {
    uint64_t ndim;
    union {
        int64_t both[2 * INLINE_DIMENSIONS]; /* sizes, then strides */
        uint64_t elsewhere;
    } dims;
    int64_t offset; /* of the first element, in elements */
    int64_t count;
    uint16_t dtype;
    int8_t device;
    int8_t device_index;
    uint8_t has_device;
    uint8_t flags[3];
    uint64_t keys;
};

_Static_assert(sizeof(struct behind) == 120, "no room between the fields");

/* Of the flags the first ten tell how it lies in memory, the next who answers for it, 0: it itself. The last bit is none of them,
 * and has been seen set. */
#define FLAGS_OTHERS 0x7ffc00
#define FLAG_CLOSED 2 /* its memory is not to be looked at */

#define KEYS_FIRST 34 /* where ADInplaceOrView is among the keys: in 2.15, and in 2.2 at 36 */
#define KEYS_LAST 37

/* Where the Python object points to, and what is in front of `behind` there: two counters of 4 or 8 bytes. */
#define HEAD_WORDS 9
struct whole {
    uint64_t head[HEAD_WORDS];
    struct behind behind;
};

/* The beginning of c10's StorageImpl, from its data on. */
struct storage {
    uint64_t data;
    uint64_t deleter;
    uint64_t context; /* what the deleter is given */
    int8_t device;
    int8_t device_index;
    uint64_t size;
    uint8_t size_is_elsewhere;
};

struct tensor {
    pid_t self;
    struct behind b;
    int64_t dims[2 * DIMENSIONS]; /* sizes, then strides */
    uint64_t storage;             /* where `struct storage` begins */
};

/* By number: c10's ScalarType, the same since 1.0, only ever longer. */
static const struct {
    const char *name;
    char code; /* see value_element.c; 0: not shown; 't': bfloat16 */
} dtypes[] = {
    {"uint8", 'B'},
    {"int8", 'b'},
    {"int16", 'h'},
    {"int32", 'i'},
    {"int64", 'q'},
    {"float16", 'e'},
    {"float32", 'f'},
    {"float64", 'd'},
    {"complex32", 0},
    {"complex64", 'F'},
    {"complex128", 'D'},
    {"bool", '?'},
    {"qint8", 0},
    {"quint8", 0},
    {"qint32", 0},
    {"bfloat16", 't'},
    {"quint4x2", 0},
    {"quint2x4", 0},
    {"bits1x8", 0},
    {"bits2x4", 0},
    {"bits4x2", 0},
    {"bits8", 0},
    {"bits16", 0},
    {"float8_e5m2", 0},
    {"float8_e4m3fn", 0},
    {"float8_e5m2fnuz", 0},
    {"float8_e4m3fnuz", 0},
    {"uint16", 'H'},
    {"uint32", 'I'},
    {"uint64", 'Q'},
    {"uint1", 0},
    {"uint2", 0},
    {"uint3", 0},
    {"uint4", 0},
    {"uint5", 0},
    {"uint6", 0},
    {"uint7", 0},
    {"int1", 0},
    {"int2", 0},
    {"int3", 0},
    {"int4", 0},
    {"int5", 0},
    {"int6", 0},
    {"int7", 0},
    {"float8_e8m0fnu", 0},
    {"float4_e2m1fn_x2", 0},
    {"bcomplex32", 0},
};

/* By number: c10's DeviceType. */
static const char *const devices[] = {
    "cpu",  "cuda", "mkldnn", "opengl", "opencl", "ideep", "hip",
    "fpga", "maia", "xla",    "vulkan", "metal",  "xpu",   "mps",
    "meta", "hpu",  "ve",     "lazy",   "ipu",    "mtia",  "privateuseone",
};

/* ---- reading -------------------------------------------------------------------------------- */

/* How many bytes of the pieces could be read. Memory that is not there costs nothing but the answer. */
static size_t peek_pieces(const struct tensor *t, const struct iovec *pieces, size_t n, void *to,
                          size_t size)
{
    struct iovec mine = {to, size};
    int before = errno; /* the program's */
    ssize_t got = process_vm_readv(t->self, &mine, 1, pieces, n, 0);

    errno = before;
    return got > 0 ? (size_t)got : 0;
}

static size_t peek(const struct tensor *t, uint64_t from, void *to, size_t size)
{
    struct iovec piece = {(void *)(uintptr_t)from, size};

    return peek_pieces(t, &piece, 1, to, size);
}

/* Looks for the tensor that the Python object has at `at`, by its pointer back. */
static bool find_behind(struct tensor *t, PyObject *object, uint64_t at)
{
    uint64_t own = (uintptr_t)object, words[sizeof(struct whole) / 8];
    size_t n = at % 8 == 0 && at != 0 ? peek(t, at, words, sizeof words) / 8 : 0, i;

    for (i = 6; i < HEAD_WORDS && i + 1 + sizeof(t->b) / 8 <= n; i++)
        if ((words[i] & ~UINT64_C(1)) ==
            own) { /* the last bit says which of the two owns the other */
            memcpy(&t->b, &words[i + 1], sizeof t->b);
            /* a virtual table, the counters, the storage; that begins with the same two */
            t->storage = words[i == 8 ? 3 : 2];
            t->storage += t->storage != 0 ? (i == 8 ? 24 : 16) : 0;
            return true;
        }
    return false;
}

static bool is_shape(const struct tensor *t)
{
    int64_t count = 1;
    uint64_t i;

    for (i = 0; i < t->b.ndim; i++)
        if (t->dims[i] < 0 || __builtin_mul_overflow(count, t->dims[i], &count))
            return false;
    return count == t->b.count;
}

static uint32_t flags_of(const struct tensor *t)
{
    return (uint32_t)t->b.flags[0] | (uint32_t)t->b.flags[1] << 8 | (uint32_t)t->b.flags[2] << 16;
}

/* False: it does not look like one that answers for itself. */
static bool read_tensor(struct tensor *t, PyObject *object)
{
    const uint64_t *words = (const uint64_t *)(const void *)(object + 1);
    const struct behind *b = &t->b;
    size_t size;

    t->self = getpid();
    if (!find_behind(t, object, words[0]) && !find_behind(t, object, words[1]))
        return false;
    if (b->ndim > DIMENSIONS || b->dtype >= ARRAY_SIZE(dtypes) || b->has_device != 1 ||
        b->device < 0 || (size_t)b->device >= ARRAY_SIZE(devices) || b->device_index < -1 ||
        (flags_of(t) & FLAGS_OTHERS) != 0 || b->keys == 0)
        return false;
    size = (size_t)b->ndim * sizeof t->dims[0];
    if (b->ndim <= INLINE_DIMENSIONS) {
        memcpy(t->dims, b->dims.both, size);
        memcpy(t->dims + b->ndim, b->dims.both + INLINE_DIMENSIONS, size);
    } else if (peek(t, b->dims.elsewhere, t->dims, 2 * size) != 2 * size) {
        return false;
    }
    return is_shape(t);
}

/* ---- elements ------------------------------------------------------------------------------- */

/* Where element i lies, in bytes from the data's beginning; false: outside. */
static bool place_of(const struct tensor *t, const struct storage *s, size_t i, size_t size,
                     uint64_t *ret)
{
    int64_t place = t->b.offset, step;
    uint64_t d;

    for (d = t->b.ndim; d-- > 0; i /= (size_t)t->dims[d])
        if (__builtin_mul_overflow((int64_t)(i % (size_t)t->dims[d]), t->dims[t->b.ndim + d],
                                   &step) ||
            __builtin_add_overflow(place, step, &place))
            return false;
    if (place < 0 || __builtin_mul_overflow((uint64_t)place, size, ret))
        return false;
    return s->size >= size && *ret <= s->size - size;
}

/* Elements `first` to first + n, one after the other in `to`. */
static bool read_elements(const struct tensor *t, const struct storage *s, size_t first, size_t n,
                          size_t size, uint8_t *to)
{
    struct iovec its[AT_ONCE];
    uint64_t place, next = UINT64_MAX;
    size_t pieces = 0, i;

    for (i = 0; i < n; i++) {
        if (!place_of(t, s, first + i, size, &place))
            return false;
        if (place == next) /* the kernel takes its time for each piece */
            its[pieces - 1].iov_len += size;
        else
            its[pieces++] = (struct iovec){(void *)(uintptr_t)(s->data + place), size};
        next = place + size;
    }
    return peek_pieces(t, its, pieces, to, n * size) == n * size;
}

/*
 * Is it a plain tensor in memory? Its dispatch keys are then CPU and Dense, AutocastCPU, and all but inference tensors have
 * ADInplaceOrView and AutogradFunctionality, whose distances have been the same in all these versions. Another key changes
 * what the elements mean: conjugated, negated, quantized, all zero.
 */
static bool is_plain(uint64_t keys)
{
    unsigned at;

    for (at = KEYS_FIRST; at <= KEYS_LAST; at++) {
        uint64_t low = keys & ((UINT64_C(1) << at) - 1), high = keys >> at;

        if ((low == (UINT64_C(1) << 15 | 1) || low == (UINT64_C(1) << 16 | 1)) &&
            (high == 0x25 || high == 0x20))
            return true;
    }
    return false;
}

/* Memory that torch has from malloc: what is freed is the data itself. What others own (numpy, mapped files, shared or pinned memory)
 * is not read, as with arrays. */
static bool is_readable(const struct tensor *t, char code, struct storage *s)
{
    if (code == 0 || t->b.device != 0 || (flags_of(t) & FLAG_CLOSED) || t->storage == 0)
        return false;
    return is_plain(t->b.keys) && peek(t, t->storage, s, sizeof *s) == sizeof *s && s->data != 0 &&
           s->context == s->data && s->device == 0 && s->size_is_elsewhere == 0;
}

static bool put_element(struct value_walk *w, char code, const uint8_t *at)
{
    struct value_element element = {code, false, value_element_size(code), NULL};
    uint16_t half;
    uint32_t bits;

    if (code != 't')
        return value_put_element(w, &element, (const char *)at);
    memcpy(&half, at, sizeof half); /* bfloat16: the upper half of a float */
    bits = (uint32_t)half << 16;
    element = (struct value_element){'f', false, sizeof bits, NULL};
    return value_put_element(w, &element, (const char *)&bits);
}

static void put_values(struct value_walk *w, const struct tensor *t, const struct storage *s)
{
    char code = dtypes[t->b.dtype].code;
    size_t size = code == 't' ? 2 : value_element_size(code), count = (size_t)t->b.count;
    size_t most = count < w->limits->max_items ? count : w->limits->max_items, n = 0, i, some;
    uint8_t bytes[AT_ONCE * 16];
    struct value_count kept;

    if (!value_fits(w, 1 + 2 * TRAIL_UV_MAX))
        return;
    value_put_tag(w, TRAIL_TAG_LIST);
    trail_put_uv(w->out, count);
    kept = value_count_begin(w, most);
    for (; n < most && value_more(w); n += i) {
        some = most - n < AT_ONCE ? most - n : AT_ONCE;
        if (!read_elements(t, s, n, some, size, bytes))
            break;
        for (i = 0; i < some && value_more(w) && put_element(w, code, bytes + i * size);)
            i++;
        if (i < some) {
            n += i;
            break;
        }
    }
    value_count_end(w, kept, n);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void put_shape(struct value_walk *w, const struct tensor *t)
{
    uint64_t i;

    if (!value_fits(w, 1 + 2 * TRAIL_UV_MAX + (size_t)t->b.ndim * 9))
        return;
    value_put_tag(w, TRAIL_TAG_LIST);
    trail_put_uv(w->out, t->b.ndim);
    trail_put_uv(w->out, t->b.ndim);
    for (i = 0; i < t->b.ndim; i++)
        trail_put_int(w->out, t->dims[i]);
}

/* The attribute `name`: "torch.float32", "cuda:0". `number` below 0: none. */
static void put_word(struct value_walk *w, const char *name, const char *before, const char *word,
                     int number)
{
    char text[32];
    struct value_text t = {text, text + sizeof text, false};
    size_t len;

    value_text_puts(&t, before);
    value_text_puts(&t, word);
    if (number >= 0)
        value_text_putf(&t, ":%d", number);
    len = (size_t)(t.p - text);
    trail_put_text(w->out, name, strlen(name));
    if (value_fits(w, len + 2))
        trail_put_string(w->out, TRAIL_TAG_STR, text, len);
}

#define TOLD 3  /* shape, dtype, device */
#define HEAD 48 /* bytes that their names and the counts take at most */

/* Returns how many attributes were put. */
static size_t put_told(struct value_walk *w, const struct tensor *t, const struct storage *s)
{
    if (value_left(w) < HEAD)
        return 0;
    trail_put_text(w->out, "shape", 5);
    put_shape(w, t);
    put_word(w, "dtype", "torch.", dtypes[t->b.dtype].name, -1);
    put_word(w, "device", "", devices[t->b.device], t->b.device_index);
    if (s == NULL || value_left(w) < HEAD)
        return TOLD;
    trail_put_text(w->out, "values", 6);
    put_values(w, t, s);
    return TOLD + 1;
}

bool value_put_tensor(struct value_walk *w, PyObject *object, uint32_t type)
{
    size_t count = TOLD + value_pairs_count(object), n;
    struct value_count kept;
    struct storage s;
    struct tensor t;
    bool values;

    if (!read_tensor(&t, object))
        return false;
    values = t.b.count > 0 && is_readable(&t, dtypes[t.b.dtype].code, &s);
    count += values;
    if (!value_enter_instance(w, object, type, count))
        return true;
    value_put_object_head(w, object, type, count);
    kept = value_count_begin(w, count);
    n = put_told(w, &t, values ? &s : NULL);
    if (n == (size_t)TOLD + values)
        n += value_put_pairs(w, object, w->limits->max_attributes);
    value_count_end(w, kept, n);
    value_leave_instance(w);
    return true;
}

bool value_is_tensor(const PyTypeObject *type)
{
    while (type != NULL && !pyc_type_is_c(type))
        type = type->tp_base;
    return type != NULL && strcmp(type->tp_name, "torch._C.TensorBase") == 0 &&
           type->tp_basicsize >= (Py_ssize_t)(sizeof(PyObject) + 2 * sizeof(uint64_t));
}
