/* match.c - see match.h. fnmatch(3) is not used: it follows the program's locale and takes exponential time. */
#include "base/base.h"

#include "settings/match.h"

#include "base/limits.h"

/* Reads one character of UTF-8 and moves past it; a byte that begins none stands for itself. */
static uint32_t next_char(const char **p, const char *end)
{
    const unsigned char *s = (const unsigned char *)*p;
    uint32_t c = s[0];
    int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

    if (more > 0 && end - *p > more) {
        c &= 0x3fu >> more;
        for (int i = 1; i <= more; i++) {
            if ((s[i] & 0xc0) != 0x80) {
                more = 0;
                c = s[0];
                break;
            }
            c = c << 6 | (s[i] & 0x3fu);
        }
    } else {
        more = 0;
    }
    *p += more + 1;
    return c;
}

/* The end of the set that begins behind `[`: its `]`; NULL when it is never closed. A `]` that comes first is a member. */
static const char *set_end(const char *p, const char *end)
{
    if (p < end && (*p == '!' || *p == '^'))
        p++;
    if (p < end && *p == ']')
        p++;
    for (; p < end; p++)
        if (*p == ']')
            return p;
    return NULL;
}

/* Is there a range in it that no character is in, like z-a? */
static bool set_is_reversed(const char *p, const char *close)
{
    for (p += *p == '!' || *p == '^'; p < close;) {
        uint32_t first = next_char(&p, close);

        if (p + 1 < close && *p == '-') {
            p++;
            if (next_char(&p, close) < first)
                return true;
        }
    }
    return false;
}

static bool set_has(const char *p, const char *close, uint32_t c)
{
    bool others = *p == '!' || *p == '^';
    bool found = false;

    p += others;
    while (p < close) {
        uint32_t first = next_char(&p, close), last = first;

        if (p + 1 < close && *p == '-') {
            p++;
            last = next_char(&p, close);
        }
        found = found || (c >= first && c <= last);
    }
    return found != others;
}

/* One element of the pattern (not *) against one character; moves both on when it fits. */
static bool match_one(const char **pattern, const char *pattern_end, const char **text,
                      const char *text_end)
{
    const char *p = *pattern, *t = *text, *close;
    uint32_t wanted = next_char(&p, pattern_end), c = next_char(&t, text_end);
    bool fits = wanted == c;

    if (wanted == '?') {
        fits = true;
    } else if (wanted == '[' && (close = set_end(p, pattern_end)) != NULL) {
        fits = set_has(p, close, c);
        p = close + 1;
    }
    if (fits) {
        *pattern = p;
        *text = t;
    }
    return fits;
}

/* On a mismatch only the last * has to give way: what an earlier one could take more of, the last one can skip. */
static bool glob(const char *pattern, size_t pattern_len, const char *text)
{
    const char *p = pattern, *pattern_end = pattern + pattern_len;
    const char *t = text, *text_end = text + strlen(text);
    const char *star = NULL, *star_text = NULL;

    while (t < text_end) {
        if (p < pattern_end && *p == '*') {
            star = ++p;
            star_text = t;
        } else if (p < pattern_end && match_one(&p, pattern_end, &t, text_end)) {
            continue;
        } else if (star != NULL) {
            next_char(&star_text, text_end);
            p = star;
            t = star_text;
        } else {
            return false;
        }
    }
    while (p < pattern_end && *p == '*')
        p++;
    return p == pattern_end;
}

bool match_glob(const char *pattern, const char *text)
{
    return glob(pattern, strlen(pattern), text);
}

bool match_module(const char *pattern, const char *dotted)
{
    size_t len = strlen(pattern);

    if (glob(pattern, len, dotted))
        return true;
    return len > 2 && pattern[len - 2] == '.' && pattern[len - 1] == '*' &&
           glob(pattern, len - 2, dotted);
}

/* The same for one character that stands outside of a set; `before` is what stands before it, 0 for nothing. */
static const char *problem_of(const char *p, char before)
{
    if ((unsigned char)*p <= ' ')
        return "holds a blank, which no module name has";
    if (*p == '/' || *p == '\\')
        return "is a path, and module names are dotted";
    if (*p == '{' || *p == '}')
        return "has a brace: each name is a pattern of its own";
    if (*p == '.' && (before == '\0' || p[1] == '.' || p[1] == '\0'))
        return "has a dot without a name beside it";
    return NULL;
}

const char *match_problem(const char *pattern)
{
    size_t len = strlen(pattern);
    const char *problem = NULL;

    if (len == 0)
        return "is empty";
    if (len > LIMIT_NAME_BYTES)
        return "is longer than any name";
    for (const char *p = pattern; *p != '\0' && problem == NULL; p++) {
        const char *set = p + 1;

        problem = problem_of(p, p > pattern ? p[-1] : '\0');
        if (*p != '[')
            continue;
        p = set_end(set, pattern + len);
        if (p == NULL)
            return "has a '[' without its ']'";
        if (set_is_reversed(set, p))
            return "has a range that begins behind its end";
    }
    return problem;
}
