/*
 * detect_digits.c - numbers of cards and of social security.
 *
 * Card: 13 to 19 digits in one piece or in groups with one blank or dash between, a first digit that card networks use
 * (ISO/IEC 7812: 2 to 6, and what is known of 8 and 9), a right check digit (Luhn, US patent 2950048). Not where it
 * is part of something longer: a decimal number, a phone number with its +, a UUID.
 */
#include "base/base.h"

#include "redact/detect.h"

#define CARD_LEAST 13
#define CARD_MOST 19
#define GROUPS 8

static bool is_digit(const struct redact_text *t, size_t at)
{
    return at < t->len && detect_is(t->bytes[at], CLASS_DIGIT);
}

/* ---- cards -------------------------------------------------------------------------------- */

struct groups {
    uint8_t digits[CARD_MOST];
    size_t count;         /* of groups */
    size_t total[GROUPS]; /* digits up to the end of each */
    size_t end[GROUPS];   /* where it ends in the text */
};

static bool luhn(const uint8_t *digits, size_t n)
{
    unsigned sum = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        unsigned d = digits[n - 1 - i];

        if (i & 1)
            d = d > 4 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return sum % 10 == 0;
}

/* Is there a network whose cards begin so? */
static bool is_network(const uint8_t *d)
{
    unsigned four = d[0] * 1000u + d[1] * 100u + d[2] * 10u + d[3];

    switch (d[0]) {
    case 2: /* Mastercard, Mir, old Diners */
        return (four >= 2200 && four <= 2204) || (four >= 2221 && four <= 2720) || four == 2014 ||
               four == 2149;
    case 3:
    case 4:
    case 5:
    case 6:
        return true;
    case 8: /* UnionPay, Uzcard */
        return d[1] == 1 || four == 8600;
    case 9: /* Troy, Humo */
        return four == 9792 || four == 9860;
    default:
        return false;
    }
}

static bool all_same(const uint8_t *digits, size_t n)
{
    size_t i;

    for (i = 1; i < n; i++)
        if (digits[i] != digits[0])
            return false;
    return true;
}

static void read_groups(const struct redact_text *t, size_t at, struct groups *g)
{
    size_t n = 0;

    for (g->count = 0; g->count < GROUPS; g->count++) {
        size_t from = at;

        while (is_digit(t, at) && n < CARD_MOST)
            g->digits[n++] = (uint8_t)(t->bytes[at++] - '0');
        if (is_digit(t, at) || at == from) /* more digits than a card has, or none */
            return;
        g->total[g->count] = n;
        g->end[g->count] = at;
        if (at >= t->len || (t->bytes[at] != ' ' && t->bytes[at] != '-') || !is_digit(t, at + 1)) {
            g->count++;
            return;
        }
        at++;
    }
}

/* Cards in groups begin with four digits, and have three to seven in each but the last. */
static bool is_grouping(const struct groups *g, size_t last)
{
    size_t i, width;

    for (i = 1; i < last; i++) {
        width = g->total[i] - g->total[i - 1];
        if (width < 3 || width > 7)
            return false;
    }
    return last == 0 || (g->total[0] == 4 && g->total[last] - g->total[last - 1] <= 7);
}

/* What stands before: nothing that it would be a part of. */
static bool may_begin(const struct redact_text *t, size_t at)
{
    char before = at > 0 ? t->bytes[at - 1] : ' ';

    if (!detect_begins(t, at) || before == '+')
        return false;
    if (before == '.' || before == '-' || before == '/')
        return at < 2 || !detect_is(t->bytes[at - 2], CLASS_WORD);
    return true;
}

static bool may_end(const struct redact_text *t, const struct groups *g, size_t last)
{
    size_t end = g->end[last];
    char after = end < t->len ? t->bytes[end] : ' ';

    if (detect_is(after, CLASS_WORD) || (after == '.' && is_digit(t, end + 1)))
        return false;
    /* one that goes on with a dash and digits is of another kind, unless the groups so far are a card's own */
    return after != '-' || !is_digit(t, end + 1) || last >= 2;
}

static bool detect_card(const struct redact_text *t, size_t at, struct redact_span *span)
{
    struct groups g;
    size_t i;

    if (!may_begin(t, at))
        return false;
    read_groups(t, at, &g);
    for (i = g.count; i-- > 0;) {
        size_t n = g.total[i];

        if (n < CARD_LEAST)
            return false;
        if (n > CARD_MOST || !is_grouping(&g, i) || !is_network(g.digits) || !luhn(g.digits, n) ||
            all_same(g.digits, n) || !may_end(t, &g, i))
            continue;
        span->start = at;
        span->end = g.end[i];
        return true;
    }
    return false;
}

/* ---- social security ---------------------------------------------------------------------- */

static unsigned number(const struct redact_text *t, size_t at, size_t n)
{
    unsigned v = 0;

    for (; n > 0; n--, at++)
        v = v * 10 + (unsigned)(t->bytes[at] - '0');
    return v;
}

/* Nothing that makes it a part of something longer. */
static bool stands_alone(const struct redact_text *t, size_t from, size_t to)
{
    char before = from > 0 ? t->bytes[from - 1] : ' ', after = to < t->len ? t->bytes[to] : ' ';

    if (!detect_begins(t, from) || before == '-' || before == '.')
        return false;
    return !detect_is(after, CLASS_WORD) && !(after == '-' && is_digit(t, to + 1));
}

/* AAA-GG-SSSS, found by its last four: `at`. Never given: area 000, 666 and 900 on, group 00, serial 0000. */
static bool detect_ssn(const struct redact_text *t, size_t at, struct redact_span *span)
{
    size_t from = at - 7, i;
    unsigned area;

    for (i = 0; i < 6; i++)
        if (i == 3 ? t->bytes[from + i] != '-' : !is_digit(t, from + i))
            return false;
    if (!stands_alone(t, from, at + 4))
        return false;
    area = number(t, from, 3);
    if (area == 0 || area == 666 || area >= 900 || number(t, from + 4, 2) == 0 ||
        number(t, at, 4) == 0)
        return false;
    span->start = from;
    span->end = at + 4;
    return true;
}

/* Most digits are a year, a port, a count: what surrounds them tells so before anything else is looked at. A card in groups
 * has four digits, and three or more behind the next blank or dash. */
bool detect_digits(const struct redact_text *t, size_t at, struct redact_span *span)
{
    size_t n = detect_run(t, at, CLASS_DIGIT) - at;

    if (n >= CARD_LEAST)
        return detect_card(t, at, span);
    if (n != 4)
        return false;
    if (at >= 7 && t->bytes[at - 1] == '-' && detect_ssn(t, at, span))
        return true;
    return is_digit(t, at + 5) && is_digit(t, at + 6) && is_digit(t, at + 7) &&
           detect_card(t, at, span);
}
