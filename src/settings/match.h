/*
 * match.h - globs over dotted module names.
 *
 * `*` is everything; `pkg.*` is pkg and all below it; `module` is exactly that one; else a glob over the whole name,
 * in which * (any text, dots too), ? (one character) and [...] ([!...] for the others, a-z for a range) mean what they
 * mean in a shell. Names are UTF-8; upper and lower case differ. Takes at most len(pattern) * len(name) steps.
 * No state, no allocation, no locale: both sides, any thread.
 */
#ifndef SETTINGS_MATCH_H
#define SETTINGS_MATCH_H

#include "base/base.h"

bool match_module(const char *pattern, const char *dotted);
/* The same for any text and a plain glob, without the meaning of a `.*` at the end. */
bool match_glob(const char *pattern, const char *text);
/* Why a text cannot be a pattern, to be put behind "the pattern '...' "; NULL when it can. Borrowed, static. */
const char *match_problem(const char *pattern);

#endif
