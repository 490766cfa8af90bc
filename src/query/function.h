/*
 * function.h - from what a person calls a function to its rows in `functions`. For questions only.
 *
 * `total`, `Cart.total`, `shop.cart.Cart.total`, a qualified name with `<locals>`, or a glob (`Cart.*`, `shop.*`). The best
 * kind of match alone counts: the dotted name, then the name, then a method's name without its class, then a glob.
 */
#ifndef QUERY_FUNCTION_H
#define QUERY_FUNCTION_H

#include "query/scope.h"

#define FUNCTIONS_MOST 500 /* matches of one name; the rest is left out and said */

struct functions {
    char *ids;         /* "(1,2,3)", for IN; in the answer's arena */
    size_t n;          /* how many of them */
    size_t named;      /* how many matched: more than n when there are very many */
    size_t called;     /* those with statistics in the scope */
    const char *label; /* module.function of the first, the busiest */
};

/* ERR_FUNCTION_NOT_FOUND when there is none, or none that was called in the scope; its words say why (why.h) and name what is near. */
int functions_find(const struct asking *ask, struct answer *answer, const char *name,
                   const struct scope *scope, struct functions *ret, struct error *err);

#endif
