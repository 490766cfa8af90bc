/*
 * redact.h - finds secrets: by the name of what holds a value, and by their form inside of text.
 *
 * Pure C and libc, for both sides: the guest asks before the first byte of a value is written, the host before it writes
 * the words of a command. docs/redaction.md says for people what is found.
 *
 *     struct redact *r = redact_new(&config, why, sizeof(why));     // once; NULL: a bad name or pattern, or no memory
 *     if (redact_name(r, "dbPassword", 10)) ...                     // this name's value is a secret
 *     struct redact_text text = {bytes, len, false};
 *     redact_scan_init(&scan, r, &text);
 *     while (redact_scan_next(&scan, &span))
 *         ...                                                       // bytes span.start to span.end are a secret
 *     redact_free(r);
 *
 * Time: A scan is linear in the text, whatever it holds; text without a secret is passed over at several bytes a
 * nanosecond. Text is any 8-bit encoding that has ASCII as it is; all bytes from 0x80 count as letters.
 * A struct redact is read by one thread at a time: the patterns of the user have their scratch memory in it.
 */
#ifndef REDACT_REDACT_H
#define REDACT_REDACT_H

#include "base/base.h"

#define REDACT_MARK "[REDACTED]" /* what stands for a secret */
#define REDACT_LEAST 8           /* bytes: what is shorter holds no secret of a known form */
/* How far behind the place where a text is cut one has to look to know a secret by its whole form. */
#define REDACT_AHEAD 512

struct redact;

struct redact_config {
    const char *const *names; /* Borrowed: added to the built-in ones; "-name" takes one away */
    size_t nnames;
    const char *const *patterns; /* Borrowed: in the language of pattern.h */
    size_t npatterns;
};

/* Owned by the caller. NULL when a name or pattern is no good, with the reason in `why`, or when memory is out. */
struct redact *redact_new(const struct redact_config *config, char *why, size_t size);
void redact_free(struct redact *r);

/* Is it a name, a pattern, as a struct redact_config has them? NULL, or why not: one sentence that goes on after it. */
const char *redact_name_problem(const char *name);
const char *redact_pattern_problem(const char *pattern, char *why, size_t size);

/* How sure a name is. In running text only a strong one is believed without quotes or an equals sign behind it. */
enum redact_name { REDACT_NAME_PLAIN = 0, REDACT_NAME_WEAK, REDACT_NAME_STRONG };

/* Is what this name holds a secret? Words are told apart in snake_case, camelCase, kebab-case and SCREAMING_CASE. */
enum redact_name redact_name(const struct redact *r, const char *name, size_t len);

struct redact_text {
    const char *bytes; /* Borrowed */
    size_t len;
    bool more; /* it goes on behind `len`: a secret that reaches the end need not be whole */
};

struct redact_span {
    size_t start, end;
};

#define REDACT_PATTERNS 62 /* most patterns of the user */
#define REDACT_SOURCES (REDACT_PATTERNS + 2)

/* A walk over the secrets of one text, from its start to its end; they do not overlap. */
struct redact_scan {
    const struct redact *redact;    /* Borrowed */
    const struct redact_text *text; /* Borrowed */
    size_t at;
    uint64_t known; /* bit i: found[i] is the next one of that source, or behind the end */
    struct redact_span found[REDACT_SOURCES];
};

static inline void redact_scan_init(struct redact_scan *scan, const struct redact *r,
                                    const struct redact_text *text)
{
    scan->redact = r;
    scan->text = text;
    scan->at = 0;
    scan->known = 0;
}

/* False: there is none any more. */
bool redact_scan_next(struct redact_scan *scan, struct redact_span *span);
/* Is there any? */
bool redact_has(const struct redact *r, const struct redact_text *text);

/* The fewest bytes that can hold a secret. */
size_t redact_least(const struct redact *r);

/* Copies text with each secret replaced by REDACT_MARK, at most `size` bytes (a mark may be cut there); returns the bytes
 * written, and in *ret_whole, if not NULL, whether all of it was. `to` and the text do not overlap. */
size_t redact_copy(const struct redact *r, const struct redact_text *text, char *to, size_t size,
                   bool *ret_whole);

/* user:password@host, as a URL has it behind its //: is there a password in it, and where? */
bool redact_authority(const char *text, size_t len, struct redact_span *span);

/* Is the value of the next word of a command line a secret ("--password hunter2")? */
bool redact_word_before(const struct redact *r, const char *word, size_t len);

#endif
