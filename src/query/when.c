/* when.c - see when.h. */
#include "base/base.h"

#include "base/clock.h"
#include "query/when.h"

#include <ctype.h>
#include <strings.h>
#include <time.h>

#define US_PER_S 1000000LL
#define S_PER_DAY 86400LL
#define MOST_S (200LL * 366 * S_PER_DAY) /* further back nothing was recorded */

static int bad_time(const char *text, const char *where, const char *why, struct error *err)
{
    error_set(err, ERR_INVALID_TIME, "%s: '%.100s' is not a time%s%s", where, text,
              why != NULL ? ": " : "", why != NULL ? why : "");
    return error_suggest(err,
                         "give how long ago (30m, 2h, 1d, 1w), a date (2026-01-31), a date and "
                         "time (2026-01-31T14:30, UTC unless it ends with a zone), or last");
}

/* "30m": seconds, 0 for anything else; *ret_far when it is longer than any recording is old. */
static int64_t read_ago(const char *text, bool *ret_far)
{
    static const struct {
        char letter;
        int64_t seconds;
    } UNITS[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', S_PER_DAY}, {'w', 7 * S_PER_DAY}};
    size_t digits = strspn(text, "0123456789");
    int64_t n = 0;

    *ret_far = false;
    if (digits == 0 || text[digits] == '\0' || text[digits + 1] != '\0')
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(UNITS); i++) {
        if (tolower((unsigned char)text[digits]) != UNITS[i].letter)
            continue;
        for (const char *p = text; p < text + digits && n <= MOST_S; p++)
            n = n * 10 + (*p - '0');
        *ret_far = n > MOST_S / UNITS[i].seconds;
        return *ret_far ? MOST_S : n > 0 ? n * UNITS[i].seconds : -1;
    }
    return 0;
}

/* Exactly `digits` digits; moves *p behind them. */
static bool read_digits(const char **p, int digits, int *ret)
{
    int n = 0;

    for (int i = 0; i < digits; i++, (*p)++) {
        if (!isdigit((unsigned char)**p))
            return false;
        n = n * 10 + (**p - '0');
    }
    *ret = n;
    return true;
}

static bool read_char(const char **p, const char *any)
{
    if (**p == '\0' || strchr(any, **p) == NULL)
        return false;
    (*p)++;
    return true;
}

/* ".123456789": to microseconds, further digits are dropped. */
static bool read_fraction(const char **p, int64_t *ret_us)
{
    int64_t scale = US_PER_S / 10;

    *ret_us = 0;
    if (!isdigit((unsigned char)**p))
        return false;
    for (; isdigit((unsigned char)**p); (*p)++, scale /= 10)
        *ret_us += scale * (**p - '0');
    return true;
}

/* "Z", "+02:00", "-0330", "+02" or nothing: seconds east of UTC. */
static bool read_zone(const char **p, int *ret_s)
{
    int sign = **p == '-' ? -1 : 1, hours = 0, minutes = 0;

    *ret_s = 0;
    if (**p == '\0')
        return true;
    if (read_char(p, "zZ"))
        return **p == '\0';
    if (!read_char(p, "+-") || !read_digits(p, 2, &hours))
        return false;
    if ((read_char(p, ":") || **p != '\0') && !read_digits(p, 2, &minutes))
        return false;
    *ret_s = sign * (hours * 3600 + minutes * 60);
    return **p == '\0' && hours <= 15 && minutes < 60;
}

/* The parts after the date; true when all of the text was used up. */
static bool read_time(const char **p, struct tm *tm, int64_t *ret_us, int *ret_zone)
{
    if (!read_char(p, "Tt ") || !read_digits(p, 2, &tm->tm_hour) || !read_char(p, ":") ||
        !read_digits(p, 2, &tm->tm_min))
        return false;
    if (read_char(p, ":") && !read_digits(p, 2, &tm->tm_sec))
        return false;
    if (read_char(p, ".,") && !read_fraction(p, ret_us))
        return false;
    return read_zone(p, ret_zone) && tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

static bool read_date(const char *text, int64_t *ret_us)
{
    const char *p = text;
    struct tm tm = {0}, again;
    int64_t us = 0;
    int zone = 0;
    time_t t;

    if (!read_digits(&p, 4, &tm.tm_year) || !read_char(&p, "-") ||
        !read_digits(&p, 2, &tm.tm_mon) || !read_char(&p, "-") || !read_digits(&p, 2, &tm.tm_mday))
        return false;
    if (*p != '\0' && !read_time(&p, &tm, &us, &zone))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    again = tm;
    t = timegm(&again);
    /* timegm makes March of the 30th of February. */
    if (again.tm_mday != tm.tm_mday || again.tm_mon != tm.tm_mon || again.tm_year != tm.tm_year)
        return false;
    *ret_us = ((int64_t)t - zone) * US_PER_S + us;
    return true;
}

int when_parse(const char *text, int64_t now_us, const char *where, struct when *ret,
               struct error *err)
{
    struct when when = {WHEN_AT, now_us};
    int64_t day = now_us / US_PER_S / S_PER_DAY * S_PER_DAY * US_PER_S, ago;
    bool far;

    if (strcasecmp(text, "last") == 0) {
        when.kind = WHEN_LAST;
    } else if (strcasecmp(text, "today") == 0) {
        when.us = day;
    } else if (strcasecmp(text, "yesterday") == 0) {
        when.us = day - S_PER_DAY * US_PER_S;
    } else if (strcasecmp(text, "now") != 0 && !read_date(text, &when.us)) {
        ago = read_ago(text, &far);
        if (ago == 0)
            return bad_time(text, where, NULL, err);
        if (ago < 0)
            return bad_time(text, where, "it is no time at all", err);
        when.us = now_us - ago * US_PER_S;
    }
    *ret = when;
    return 0;
}

int when_check(const char *text, const char *where, struct error *err)
{
    struct when ignored;

    return when_parse(text, clock_wall_ns() / 1000, where, &ignored, err);
}
