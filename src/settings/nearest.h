/*
 * nearest.h - "did you mean": which known word a mistyped one was meant to be. Host only, no state.
 */
#ifndef SETTINGS_NEAREST_H
#define SETTINGS_NEAREST_H

#include "base/base.h"

/* Letters to add, drop, change, or swap with their neighbour to make one word of the other; words beyond
 * NEAREST_WORD bytes are cut to that. `-` and `_` are one letter, and so are upper and lower case. */
#define NEAREST_WORD 63
int nearest_distance(const char *a, const char *b);

/* Keeps the best of the words that it is shown:
 *     struct nearest n = nearest_begin("exlcude");
 *     for (...) nearest_offer(&n, known[i]);
 *     if (n.best != NULL) "did you mean '%s'?"
 */
struct nearest {
    const char *word; /* Borrowed */
    const char *best; /* Borrowed from what was offered; NULL: nothing is near enough */
    int distance;
};

struct nearest nearest_begin(const char *word);
void nearest_offer(struct nearest *n, const char *known);

#endif
