/* tree.h - what tree.c (the question, the drawing) and tree_grow.c (the reading) share. Private to them. */
#ifndef QUERY_TREE_H
#define QUERY_TREE_H

#include "query/fetch.h"

#define TREE_MOST_LEVELS 200
#define TREE_MOST_NODES 5000 /* of one answer */
#define TREE_MOST_WALKED \
    1000000 /* calls that are walked where nodes are missing; of more, what was counted is drawn */

/* Where the tree begins, and how much of it is wanted. */
struct tree_spec {
    const char *traces;       /* as scope.traces */
    const char *function_ids; /* begin at the calls of these; NULL: no */
    int64_t call_id;          /* begin at this one; -1: no */
    int64_t depth, width;
    double min_ms;
};

struct tree_node {
    struct cell trace, function, args, result;
    int64_t level, calls, exceptions, open, call_id, thread_id, hidden;
    double total_ms, self_ms;
    uint64_t key;    /* of the path of functions that leads here */
    bool last_shown; /* the last of its parent's that are drawn */
    struct tree_node *parent, *first_child, *last_child, *next; /* in the arena, Borrowed */
};

struct tree {
    struct tree_node *first, *last; /* the roots */
    int64_t hidden;                 /* nodes that are there and not drawn */
    int64_t thinned;                /* calls of these traces without a row */
    int64_t uncounted;              /* calls of these traces on paths that were not counted */
};

int tree_grow(const struct asking *ask, struct answer *answer, const struct tree_spec *spec,
              struct tree *ret, struct error *err);

#endif
