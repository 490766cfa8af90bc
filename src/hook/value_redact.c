/* value_redact.c - see value_redact.h. */
#include "base/base.h"

#include "hook/value_private.h"

#define NAME_LONGEST 256 /* characters of a str that may be a name */
#define KEPT_MOST OWN_TEXT

const struct redact *value_redact;
size_t value_redact_least = SIZE_MAX;
uint64_t value_names[1 << VALUE_NAMES_LOG];

/* For one text at a time. */
#define narrowed (own_self->narrowed)
#define made (own_self->made)

void value_redact_use(const struct redact *redact)
{
    value_redact = redact;
    value_redact_least = redact != NULL ? redact_least(redact) : SIZE_MAX;
    memset(value_names, 0, sizeof(value_names));
}

bool value_text_is_secret(const char *bytes, size_t len)
{
    struct redact_text text = {bytes, len, false};

    return redact_has(value_redact, &text);
}

/* ---- names -------------------------------------------------------------------------------- */

bool value_c_name_is_secret(const char *name, size_t len)
{
    return value_redact != NULL && redact_name(value_redact, name, len) != REDACT_NAME_PLAIN;
}

bool value_name_judge(PyObject *name)
{
    char text[NAME_LONGEST];
    size_t len = pyc_text(name).length;
    uint64_t hash = (uint64_t)pyc_str_hash(name);
    bool secret;

    if (value_redact == NULL || len == 0 || len > sizeof(text))
        return false;
    secret = value_c_name_is_secret(text, value_utf8(name, text, sizeof(text)));
    if (hash != UINT64_MAX && hash > 1) /* all bits: it was not hashed yet */
        __atomic_store_n(&value_names[hash & ((1 << VALUE_NAMES_LOG) - 1)],
                         (hash & ~UINT64_C(1)) | secret, __ATOMIC_RELAXED);
    return secret;
}

bool value_key_is_secret(PyObject *key)
{
    PyObject *name;

    if (PyUnicode_Check(key))
        return value_name_is_secret(key);
    if (PyTuple_CheckExact(key) && PyTuple_GET_SIZE(key) > 0) {
        name = PyTuple_GET_ITEM(key, PyTuple_GET_SIZE(key) - 1);
        return name != NULL && !PyTuple_Check(name) && value_key_is_secret(name);
    }
    if ((Py_TYPE(key)->tp_flags & Py_TPFLAGS_HEAPTYPE) &&
        value_type_get(Py_TYPE(key))->kind == VALUE_KIND_ENUM) {
        name = value_attribute(key, "_name_");
        return name != NULL && PyUnicode_CheckExact(name) && value_name_is_secret(name);
    }
    return PyBytes_Check(key) && Py_SIZE(key) <= NAME_LONGEST &&
           value_c_name_is_secret(PyBytes_AS_STRING(key), (size_t)Py_SIZE(key));
}

/* Can it be a secret, or tell one? */
static bool may_tell(PyObject *object)
{
    enum value_kind kind;

    if (object == NULL || object == Py_None || PyBool_Check(object))
        return false;
    kind = value_type_get(Py_TYPE(object))->kind;
    return kind < VALUE_KIND_FUNCTION || kind > VALUE_KIND_MODULE;
}

void value_put_hidden(struct value_walk *w, PyObject *object)
{
    if (!may_tell(object))
        value_put_inner(w, object);
    else if (value_fits(w, 1))
        value_put_tag(w, TRAIL_TAG_REDACTED);
}

void value_put_hidden_as(struct value_walk *w, PyObject *name, PyObject *object)
{
    if (!PyUnicode_Check(object) && !PyBytes_Check(object) &&
        (value_str_is(name, "pass") || value_str_is(name, "PASS") || value_str_is(name, "Pass")))
        value_put_inner(w, object);
    else
        value_put_hidden(w, object);
}

void value_put_secret(struct trail_out *out, PyObject *object, const struct value_limits *limits)
{
    if (value_redact != NULL && limits->mode <= VALUE_REPR && may_tell(object))
        trail_put_u8(out, TRAIL_TAG_REDACTED);
    else
        value_put(out, object, limits);
}

/* ---- functions ---------------------------------------------------------------------------- */

void value_put_result(struct trail_out *out, PyObject *object, bool secret,
                      const struct value_limits *limits)
{
    if (UNLIKELY(secret) && object != NULL &&
        (PyUnicode_Check(object) || PyBytes_Check(object) || PyByteArray_Check(object)))
        value_put_secret(out, object, limits);
    else
        value_put(out, object, limits);
}

uint64_t value_secret_arguments(PyCodeObject *code, unsigned nargs)
{
    uint64_t secrets = 0;
    unsigned i;

    if (value_redact == NULL)
        return 0;
    for (i = 0; i < nargs; i++)
        if (value_name_is_secret(pyc_code_argument(code, i)))
            secrets |= UINT64_C(1) << (i < VALUE_SECRET_LATE ? i : VALUE_SECRET_LATE);
    return secrets;
}

bool value_late_argument_is_secret(PyCodeObject *code, unsigned i)
{
    return value_redact != NULL && value_name_is_secret(pyc_code_argument(code, i));
}

/* ---- text --------------------------------------------------------------------------------- */

/* The first characters as bytes, one for each: those that are no ASCII become a letter that no secret has. */
static const char *narrow(const struct pyc_text *text, size_t n)
{
    size_t i;

    if (text->kind == 1)
        return text->data;
    for (i = 0; i < n; i++) {
        uint32_t c = value_char_at(text, i);

        narrowed[i] = (char)(c < 0x80 ? c : 0x80);
    }
    return narrowed;
}

static void add_part(struct value_text *t, const struct pyc_text *text, size_t from, size_t to)
{
    size_t room = (size_t)(t->end - t->p);

    if (!text->ascii) {
        for (; from < to && !t->full; from++)
            value_text_char(t, value_char_at(text, from));
        return;
    }
    if (to > from && to - from > room) {
        to = from + room;
        t->full = true;
    }
    if (to > from) {
        memcpy(t->p, (const char *)text->data + from, to - from);
        t->p += to - from;
    }
}

/* The first `most` characters into made[], at most `room` bytes, without secrets. True: that is the whole text. */
static bool make(struct redact_scan *scan, const struct pyc_text *text, size_t most,
                 struct value_text *t)
{
    struct redact_span span;
    size_t at = 0;

    while (at < most && !t->full && redact_scan_next(scan, &span)) {
        if (span.start >= most)
            break;
        add_part(t, text, at, span.start);
        if (!t->full)
            value_text_puts(t, REDACT_MARK);
        at = span.end;
    }
    if (at < most && !t->full)
        add_part(t, text, at, most);
    return !t->full && (at > most ? at : most) >= text->length;
}

bool value_text_hide(const struct pyc_text *text, size_t most, size_t room,
                     struct value_hidden *ret)
{
    struct redact_scan scan;
    struct redact_text bytes;
    size_t window;

    if (value_redact == NULL)
        return false;
    if (most > room)
        most = room;
    if (most > text->length)
        most = text->length;
    if (most > KEPT_MOST)
        most = KEPT_MOST;
    window = text->length - most < REDACT_AHEAD ? text->length : most + REDACT_AHEAD;
    bytes = (struct redact_text){narrow(text, window), window, window < text->length};
    if (window < value_redact_least || !redact_has(value_redact, &bytes))
        return false;
    if (room > sizeof(made))
        room = sizeof(made);
    struct value_text t = {made, made + room, false};

    redact_scan_init(&scan, value_redact, &bytes);
    ret->whole = make(&scan, text, most, &t);
    ret->bytes = made;
    ret->len = (size_t)(t.p - made);
    return true;
}

size_t value_text_finish(char *bytes, size_t len, bool full, size_t size)
{
    struct redact_text text = {bytes, len, full};
    const char *from = bytes;

    if (value_redact != NULL && len >= value_redact_least && redact_has(value_redact, &text)) {
        len = redact_copy(value_redact, &text, made, sizeof(made), NULL);
        from = made;
    }
    if (len > size)
        for (len = size; len > 0 && ((uint8_t)from[len] & 0xc0) == 0x80;)
            len--;
    if (from == made)
        memcpy(bytes, made, len);
    return len;
}

size_t value_given_name(PyObject *str, char *text, size_t size)
{
    char *whole = own_self->name;
    struct value_text t = {whole, whole + sizeof(own_self->name), false};
    size_t len;

    value_text_str(&t, str);
    if (size > LIMIT_NAME_BYTES)
        size = LIMIT_NAME_BYTES;
    len = value_text_finish(whole, (size_t)(t.p - whole), t.full, size);
    memcpy(text, whole, len);
    return len;
}
