/*
 * value_numpy_time.c - datetime64 and timedelta64 as numpy prints them, from the number and its unit.
 */
#include "base/base.h"

#include "hook/value_array.h"

enum unit {
    YEAR,
    MONTH,
    WEEK,
    UNUSED,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    MILLI,
    MICRO,
    NANO,
    PICO,
    FEMTO,
    ATTO
};

/* Of one day in units, from hours on; those below a nanosecond overflow before a day does not. */
static const int64_t a_day[] = {
    [DAY] = 1,
    [HOUR] = 24,
    [MINUTE] = 1440,
    [SECOND] = 86400,
    [MILLI] = INT64_C(86400000),
    [MICRO] = INT64_C(86400000000),
    [NANO] = INT64_C(86400000000000),
    [PICO] = INT64_C(86400000000000000),
};

static int64_t floor_div(int64_t a, int64_t b, int64_t *ret_rest)
{
    int64_t quotient = a / b, rest = a % b;

    if (rest < 0) {
        rest += b;
        quotient--;
    }
    *ret_rest = rest;
    return quotient;
}

/* Howard Hinnant, "chrono-compatible low-level date algorithms": days since 1970-01-01 to a date of the proleptic Gregorian
 * calendar. */
static void put_date(struct value_text *t, int64_t days)
{
    int64_t of_era, of_year, year, era, month;

    era = floor_div(days + 719468, 146097, &of_era);
    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (365 * year + year / 4 - year / 100);
    month = (5 * of_year + 2) / 153;
    year += era * 400 + (month >= 10);
    value_text_putf(t, "%04" PRId64 "-%02d-%02d", year, (int)(month < 10 ? month + 3 : month - 9),
                    (int)(of_year - (153 * month + 2) / 5 + 1));
}

/* The part of a day that is counted in `unit`. */
static void put_clock(struct value_text *t, int64_t rest, int unit)
{
    int64_t second = a_day[unit] / 86400, whole, fraction = 0;

    if (unit == HOUR) {
        value_text_putf(t, "T%02d", (int)rest);
        return;
    }
    if (unit == MINUTE) {
        value_text_putf(t, "T%02d:%02d", (int)(rest / 60), (int)(rest % 60));
        return;
    }
    whole = rest / second;
    fraction = rest % second;
    value_text_putf(t, "T%02d:%02d:%02d", (int)(whole / 3600), (int)(whole / 60 % 60),
                    (int)(whole % 60));
    if (unit > SECOND)
        value_text_putf(t, ".%0*" PRId64, 3 * (unit - SECOND), fraction);
}

/* Units so small that a day of them is no int64: all of it lies within days of 1970. */
static void put_tiny(struct value_text *t, int64_t v, int unit)
{
    int64_t second = unit == FEMTO ? INT64_C(1000000000000000) : INT64_C(1000000000000000000);
    int64_t fraction, rest, seconds = floor_div(v, second, &fraction);
    int64_t days = floor_div(seconds, 86400, &rest);

    put_date(t, days);
    put_clock(t, rest, SECOND);
    value_text_putf(t, ".%0*" PRId64, 3 * (unit - SECOND), fraction);
}

static void put_datetime(struct value_text *t, int64_t v, int unit)
{
    int64_t rest, year;

    if (unit == YEAR || unit == MONTH) {
        year = unit == YEAR ? v : floor_div(v, 12, &rest);
        value_text_putf(t, "%04" PRId64, year + 1970);
        if (unit == MONTH)
            value_text_putf(t, "-%02d", (int)rest + 1);
    } else if (unit == FEMTO || unit == ATTO) {
        put_tiny(t, v, unit);
    } else {
        int64_t days = floor_div(v, a_day[unit], &rest);

        put_date(t, days);
        if (unit > DAY)
            put_clock(t, rest, unit);
    }
}

/* Years beyond what is a date any more, and numbers that leave no room for the arithmetic. */
static bool is_too_far(int64_t v, int unit)
{
    return unit <= HOUR && (v > INT64_C(1000000000000000) || v < -INT64_C(1000000000000000));
}

void value_numpy_time_text(struct value_text *t, int64_t v, const struct layout_time_unit *unit,
                           bool delta)
{
    static const char *const words[] = {"years",
                                        "months",
                                        "weeks",
                                        "",
                                        "days",
                                        "hours",
                                        "minutes",
                                        "seconds",
                                        "milliseconds",
                                        "microseconds",
                                        "nanoseconds",
                                        "picoseconds",
                                        "femtoseconds",
                                        "attoseconds",
                                        "generic time units"};
    int which = unit->unit;

    if (which < 0 || which >= (int)ARRAY_SIZE(words) || unit->count <= 0)
        return;
    if (v == INT64_MIN) {
        value_text_puts(t, "NaT");
        return;
    }
    if (__builtin_mul_overflow(v, (int64_t)unit->count, &v))
        return;
    if (!delta && which == WEEK) {
        if (__builtin_mul_overflow(v, 7, &v))
            return;
        which = DAY;
    }
    if (delta || which > ATTO || which == UNUSED || is_too_far(v, which))
        value_text_putf(t, "%" PRId64 " %s", v, words[which]);
    else
        put_datetime(t, v, which);
}
