/*
 * names.h - names of secrets: splits a name into words and knows the phrases that mean one.
 */
#ifndef REDACT_NAMES_H
#define REDACT_NAMES_H

#include "redact/redact.h"

#define NAMES_PHRASE 64 /* bytes of one phrase */
#define NAMES_MOST 512  /* phrases, the user's too */

/* Words in lower case with a blank between them: "credit card". */
struct names_phrase {
    char text[NAMES_PHRASE];
    uint8_t len;
    uint8_t strength; /* enum redact_name; PLAIN: taken away */
    bool added;       /* by the user */
};

/* Means a secret only where it is the whole name: the word has other meanings. */
#define NAMES_ALONE "pass"

struct names {
    struct names_phrase phrases[NAMES_MOST]; /* by their first letter */
    uint16_t count;
    uint16_t first[257]; /* by the first byte: where its phrases begin */
};

/* Fills the built-in phrases. */
void names_init(struct names *names);
/* Adds one of the user's, or with a '-' in front takes one away. False: it is no name, or there are too many. */
bool names_add(struct names *names, const char *name);
/* Has it letters or digits, and no more than a phrase takes? */
bool names_valid(const char *name);
/* To be called when all are added. */
void names_sort(struct names *names);
enum redact_name names_find(const struct names *names, const char *name, size_t len);

#endif
