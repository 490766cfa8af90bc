/*
 * value_time.c - the text of date, datetime, time, timedelta and timezone, from their storage.
 */
#include "base/base.h"

#include "hook/value_layout.h"
#include "hook/value_private.h"

/* A number in exactly `width` digits. */
static void text_number(struct value_text *t, unsigned v, unsigned width)
{
    char digits[8];
    unsigned i;

    for (i = width; i-- > 0; v /= 10)
        digits[i] = (char)('0' + v % 10);
    value_text_put(t, digits, width);
}

/* Hours, minutes, seconds; the microseconds only if there are any. */
static void text_clock(struct value_text *t, unsigned hour, unsigned minute, unsigned second,
                       unsigned us)
{
    text_number(t, hour, 2);
    value_text_char(t, ':');
    text_number(t, minute, 2);
    value_text_char(t, ':');
    text_number(t, second, 2);
    if (us != 0) {
        value_text_char(t, '.');
        text_number(t, us, 6);
    }
}

static void text_offset(struct value_text *t, PyObject *delta)
{
    const PyDateTime_Delta *d = (const PyDateTime_Delta *)delta;
    int64_t seconds = (int64_t)d->days * 86400 + d->seconds;
    int us = d->microseconds;
    char sign = '+';

    if (seconds < 0) {
        sign = '-';
        seconds = -seconds;
        if (us > 0) {
            seconds--;
            us = 1000000 - us;
        }
    }
    value_text_char(t, (uint32_t)sign);
    if (seconds % 60 != 0 || us != 0) {
        text_clock(t, (unsigned)(seconds / 3600), (unsigned)(seconds / 60 % 60),
                   (unsigned)(seconds % 60), (unsigned)us);
    } else {
        text_number(t, (unsigned)(seconds / 3600), 2);
        value_text_char(t, ':');
        text_number(t, (unsigned)(seconds / 60 % 60), 2);
    }
}

static bool is_zone_info(const PyTypeObject *type)
{
    return pyc_type_is_c(type) && type->tp_name != NULL &&
           strcmp(type->tp_name, "zoneinfo.ZoneInfo") == 0;
}

/* The zone's offset where it is stored (datetime.timezone), else its name in brackets, as RFC 9557 has it: what a zone
 * computes its class alone could tell. */
static void text_zone(struct value_text *t, PyObject *zone)
{
    char module[256], name[256];
    size_t module_len, name_len;
    PyObject *key;

    if (zone == NULL || zone == Py_None)
        return;
    if (value_known_exactly(zone, VALUE_KIND_TIMEZONE) &&
        value_known_exactly(((struct layout_timezone *)zone)->offset, VALUE_KIND_TIMEDELTA)) {
        text_offset(t, ((struct layout_timezone *)zone)->offset);
        return;
    }
    value_text_char(t, '[');
    key = is_zone_info(Py_TYPE(zone)) ? ((struct layout_zone_info *)zone)->key : NULL;
    if (key != NULL && PyUnicode_Check(key)) {
        value_text_str(t, key);
    } else {
        value_type_names(Py_TYPE(zone), module, &module_len, name, &name_len, sizeof name);
        value_text_put(t, module, module_len);
        value_text_char(t, '.');
        value_text_put(t, name, name_len);
    }
    value_text_char(t, ']');
}

static void text_date(struct value_text *t, PyObject *object)
{
    text_number(t, (unsigned)PyDateTime_GET_YEAR(object), 4);
    value_text_char(t, '-');
    text_number(t, PyDateTime_GET_MONTH(object), 2);
    value_text_char(t, '-');
    text_number(t, PyDateTime_GET_DAY(object), 2);
}

static void text_datetime(struct value_text *t, PyObject *object)
{
    const PyDateTime_DateTime *d = (const PyDateTime_DateTime *)object;

    text_date(t, object);
    value_text_char(t, 'T');
    text_clock(t, PyDateTime_DATE_GET_HOUR(object), PyDateTime_DATE_GET_MINUTE(object),
               PyDateTime_DATE_GET_SECOND(object), PyDateTime_DATE_GET_MICROSECOND(object));
    if (d->hastzinfo)
        text_zone(t, d->tzinfo);
}

static void text_time(struct value_text *t, PyObject *object)
{
    const PyDateTime_Time *d = (const PyDateTime_Time *)object;

    text_clock(t, PyDateTime_TIME_GET_HOUR(object), PyDateTime_TIME_GET_MINUTE(object),
               PyDateTime_TIME_GET_SECOND(object), PyDateTime_TIME_GET_MICROSECOND(object));
    if (d->hastzinfo)
        text_zone(t, d->tzinfo);
}

/* As str(): "-1 day, 23:59:59.500000". */
static void text_timedelta(struct value_text *t, PyObject *object)
{
    const PyDateTime_Delta *d = (const PyDateTime_Delta *)object;

    if (d->days != 0)
        value_text_putf(t, "%d day%s, ", d->days, d->days == 1 || d->days == -1 ? "" : "s");
    value_text_putf(t, "%d:%02d:%02d", d->seconds / 3600, d->seconds / 60 % 60, d->seconds % 60);
    if (d->microseconds != 0)
        value_text_putf(t, ".%06d", d->microseconds);
}

static void text_timezone(struct value_text *t, PyObject *object)
{
    const struct layout_timezone *zone = (const struct layout_timezone *)object;
    const PyDateTime_Delta *d = (const PyDateTime_Delta *)zone->offset;

    if (zone->name != NULL && PyUnicode_Check(zone->name)) {
        value_text_str(t, zone->name);
    } else if (value_known_exactly(zone->offset, VALUE_KIND_TIMEDELTA)) {
        value_text_puts(t, "UTC");
        if (d->days != 0 || d->seconds != 0 || d->microseconds != 0)
            text_offset(t, zone->offset);
    }
}

void value_time_text(struct value_text *t, PyObject *object, enum value_kind kind)
{
    switch (kind) {
    case VALUE_KIND_DATETIME:
        text_datetime(t, object);
        break;
    case VALUE_KIND_DATE:
        text_date(t, object);
        break;
    case VALUE_KIND_TIME:
        text_time(t, object);
        break;
    case VALUE_KIND_TIMEDELTA:
        text_timedelta(t, object);
        break;
    default:
        text_timezone(t, object);
        break;
    }
}
