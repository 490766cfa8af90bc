/*
 * pattern.h - the user's own patterns for secrets: a small language that is matched in linear time.
 *
 *     abc          these characters; \ before a sign takes it as it is
 *     .            any character of a line          \d \w \s   a digit; a letter, digit or _; a blank
 *     [a-z_] [^x]  one of these; none of these
 *     ?  *  +  {3}  {3,}  {3,5}                     how often, at most 1,000 times where a number is given
 *     a|b  (ab)    either; together
 *     ^  $  \b     the beginning, the end, the border of a word
 *     <...>        only this part is the secret, once in a pattern: key=<\w{8}>
 *
 * Bytes from 0x80 are matched by . and by [^...] only. The leftmost match counts, of those the longest. A pattern becomes
 * a program for the simulation of all its states at once (Thompson 1968, Pike's virtual machine), so that a text of n
 * bytes takes at most n times the program's length of steps, whatever either holds. No recursion on the text.
 */
#ifndef REDACT_PATTERN_H
#define REDACT_PATTERN_H

#include "redact/redact.h"

#define PATTERN_MOST_BYTES 1024 /* of a pattern as it is written */
#define PATTERN_MOST_STEPS 4096 /* of its program */

struct pattern;

/* Owned by the caller. NULL when it is no good, with the reason in `why`. */
struct pattern *pattern_new(const char *text, char *why, size_t size);
void pattern_free(struct pattern *pattern);

/* The leftmost match that begins at `from` or later; the secret part of it. Not for two threads at once. */
bool pattern_find(struct pattern *pattern, const char *bytes, size_t len, size_t from,
                  struct redact_span *span);

#endif
