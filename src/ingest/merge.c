/* merge.c - see merge.h. */
#include "base/base.h"

#include "ingest/merge.h"

static int by_time(const void *a, const void *b)
{
    const struct stream *x = *(struct stream *const *)a, *y = *(struct stream *const *)b;
    uint64_t from_x = stream_not_before(x), from_y = stream_not_before(y);

    if (from_x != from_y)
        return from_x < from_y ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

bool merge_begin(struct merge *merge, struct trace *trace)
{
    *merge = (struct merge){.trace = trace, .n = trace->nstreams};
    if (merge->n == 0)
        return true;
    merge->streams = malloc(merge->n * sizeof(struct stream *));
    if (merge->streams == NULL)
        return false;
    memcpy(merge->streams, trace->streams, merge->n * sizeof(struct stream *));
    qsort(merge->streams, merge->n, sizeof(struct stream *), by_time);
    return true;
}

/* Most that end have few before them: those move up. */
static void drop(struct merge *merge, size_t place)
{
    struct stream **first = &merge->streams[merge->first];

    memmove(first + 1, first, (place - merge->first) * sizeof(*first));
    merge->first++;
}

struct stream *merge_next(struct merge *merge, uint64_t *ret_until)
{
    struct stream *best = NULL;

    *ret_until = UINT64_MAX;
    for (size_t i = merge->first; i < merge->n; i++) {
        struct stream *s = merge->streams[i];

        if (best != NULL && stream_not_before(s) > best->ticks) {
            /* Nor have those behind it. */
            if (stream_not_before(s) < *ret_until)
                *ret_until = stream_not_before(s);
            break;
        }
        if (!stream_peek(merge->trace, s)) {
            if (s->at_end)
                drop(merge, i);
            continue;
        }
        if (best == NULL || s->ticks < best->ticks) {
            if (best != NULL)
                *ret_until = best->ticks;
            best = s;
        } else if (s->ticks < *ret_until) {
            *ret_until = s->ticks;
        }
    }
    return best;
}

void merge_release(struct merge *merge)
{
    free(merge->streams);
}
