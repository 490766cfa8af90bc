/*
 * value_decimal.c - the text of a Decimal, as str() gives it, from libmpdec's number.
 */
#include "base/base.h"

#include "hook/value_layout.h"
#include "hook/value_private.h"

/* The digits from number `from` (0: the first) to before `to`; returns how many found no place. */
static size_t text_digits(struct value_text *t, const struct layout_decimal *d, size_t from,
                          size_t to)
{
    size_t word, place, k;
    uint64_t v;

    for (; from < to && !t->full; from++) {
        k = (size_t)d->dec.digits - 1 - from; /* counted from the last digit */
        word = k / 19;
        v = word < (size_t)d->dec.len ? d->dec.data[word] : 0;
        for (place = k % 19; place > 0; place--)
            v /= 10;
        value_text_char(t, (uint32_t)('0' + v % 10));
        if (t->full)
            break;
    }
    return to - from;
}

/* 12.34, 0.001234, 1.234E+10. Returns how many bytes found no place. */
static size_t text_finite(struct value_text *t, const struct layout_decimal *d)
{
    int64_t digits = d->dec.digits, point = digits + d->dec.exp, i; /* digits before the point */
    char tail[32] = "";
    size_t missing;

    if (d->dec.exp > 0 || point - 1 < -6) {
        snprintf(tail, sizeof tail, "E%+lld", (long long)(point - 1));
        point = 1;
    }
    if (point <= 0) {
        value_text_puts(t, "0.");
        for (i = point; i < 0; i++)
            value_text_char(t, '0');
        point = 0;
    }
    missing = text_digits(t, d, 0, (size_t)(point < digits ? point : digits));
    if (point > 0 && point < digits)
        value_text_char(t, '.');
    missing += text_digits(t, d, (size_t)point, (size_t)digits);
    if (missing > 0)
        return missing + strlen(tail);
    value_text_puts(t, tail);
    return 0;
}

size_t value_decimal_text(struct value_text *t, PyObject *object)
{
    const struct layout_decimal *d = (const struct layout_decimal *)object;
    const char *start = t->p;
    size_t missing = 0;

    if (d->dec.flags & LAYOUT_DECIMAL_NEGATIVE)
        value_text_char(t, '-');
    if (d->dec.flags & LAYOUT_DECIMAL_INFINITE) {
        value_text_puts(t, "Infinity");
        return (size_t)(t->p - start);
    }
    if (d->dec.data == NULL || d->dec.len < 0 || d->dec.digits < 0 ||
        d->dec.digits > d->dec.len * 19)
        return 0;
    if (d->dec.flags & (LAYOUT_DECIMAL_NAN | LAYOUT_DECIMAL_SNAN)) {
        value_text_puts(t, d->dec.flags & LAYOUT_DECIMAL_SNAN ? "sNaN" : "NaN");
        missing = d->dec.len > 0 ? text_digits(t, d, 0, (size_t)d->dec.digits) : 0;
    } else {
        missing = text_finite(t, d);
    }
    return (size_t)(t->p - start) + missing + (t->full && missing == 0);
}
