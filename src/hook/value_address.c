/* value_address.c - the text of an address of the module ipaddress, from the number that it stores. */
#include "base/base.h"

#include "hook/value_private.h"

#define GROUPS 8 /* of 16 bits, in an IPv6 address */

/* The longest run of zeros, of two or more; the first of those that are as long. */
static size_t longest_zeros(const uint16_t *groups, size_t *ret_at)
{
    size_t most = 1, n = 0, i;

    *ret_at = GROUPS;
    for (i = 0; i < GROUPS; i++) {
        n = groups[i] == 0 ? n + 1 : 0;
        if (n > most) {
            most = n;
            *ret_at = i + 1 - n;
        }
    }
    return most;
}

static void text_6(struct value_text *t, unsigned __int128 v)
{
    uint16_t groups[GROUPS];
    size_t at, n, i;

    for (i = 0; i < GROUPS; i++)
        groups[i] = (uint16_t)(v >> (16 * (GROUPS - 1 - i)));
    n = longest_zeros(groups, &at);
    for (i = 0; i < GROUPS; i++) {
        if (i == at) {
            value_text_puts(t, "::");
            i += n - 1;
        } else {
            value_text_putf(t, i > 0 && i != at + n ? ":%x" : "%x", groups[i]);
        }
    }
}

void value_address_text(struct value_text *t, PyObject *object, bool is_6)
{
    PyObject *scope = is_6 ? value_slot_get(object, "_scope_id") : NULL;
    unsigned __int128 v = 0;

    if (!value_int_bits(value_slot_get(object, "_ip"), &v))
        return;
    if (!is_6) {
        value_text_putf(t, "%u.%u.%u.%u", (unsigned)(v >> 24 & 255), (unsigned)(v >> 16 & 255),
                        (unsigned)(v >> 8 & 255), (unsigned)(v & 255));
        return;
    }
    text_6(t, v);
    if (scope != NULL && PyUnicode_CheckExact(scope)) {
        value_text_char(t, '%');
        value_text_str(t, scope);
    }
}
