/*
 * brief.h - captured values, short: what a call tree shows of them. They come as JSON text from the store.
 */
#ifndef QUERY_BRIEF_H
#define QUERY_BRIEF_H

#include "base/base.h"
#include "base/buf.h"

/* One value in at most about `max` bytes: text in its quotes, an instance as <shop.Cart>, containers cut with an ellipsis. What is
 * not JSON comes out cut as it is. */
void brief_value(struct buf *out, const char *json, size_t len, size_t max);
/* A JSON object of arguments as "price=9.5, name="Ada"", each value in at most `max` bytes; * and ** stay before their names. */
void brief_args(struct buf *out, const char *json, size_t len, size_t max);

/* The member `key` of a JSON object in a cell, as brief_args (args) or brief_value; nothing where there is none. */
struct cell;
void brief_member(struct buf *out, const struct cell *object, const char *key, bool args,
                  size_t max);

/* A member that is a text, without its quotes. */
void brief_text(struct buf *out, const struct cell *object, const char *key, size_t max);
/* Every element of an array in turn; the cell lives as long as the array. */
void brief_each(const struct cell *array, void (*each)(void *ctx, const struct cell *element),
                void *ctx);

#endif
