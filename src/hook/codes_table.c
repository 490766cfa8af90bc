/* codes_table.c - see codes.h: the table of code objects, by address. */
#include "base/base.h"

#include "hook/codes.h"

#include <sys/mman.h>

#define FIRST_SIZE 1024

struct code_entry codes_nothing[1];

static struct code_entry *place_for(struct code_entry *table, size_t mask, PyCodeObject *code)
{
    size_t i = codes_home(code) & mask;

    while (table[i].code != NULL && table[i].code != code)
        i = (i + 1) & mask;
    return &table[i];
}

static bool is_kept(const struct code_entry *e)
{
#if PYC_CONCURRENT
    return e->code != NULL && !codes_is_stale(e); /* nobody tells a thread that a code is gone */
#else
    return e->code != NULL;
#endif
}

static bool grow(struct codes *c)
{
    size_t size = c->table == codes_nothing ? FIRST_SIZE : (c->mask + 1) * 2, kept = 0;
    struct code_entry *table;

    for (size_t i = 0; i <= c->mask; i++)
        kept += is_kept(&c->table[i]);
    if (kept * 8 < size)
        size = size > FIRST_SIZE ? size / 2 : FIRST_SIZE;
    table = mmap(NULL, size * sizeof(*table), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
    if (table == MAP_FAILED)
        return false;
    for (size_t i = 0; i <= c->mask; i++)
        if (is_kept(&c->table[i]))
            *place_for(table, size - 1, c->table[i].code) = c->table[i];
    codes_empty(c);
    *c = (struct codes){table, size - 1, (size - 1) * sizeof(*table), kept};
    return true;
}

struct code_entry *codes_add(struct codes *c, PyCodeObject *code)
{
    struct code_entry *e;

    if ((c->table == codes_nothing || c->used * 2 > c->mask) && !grow(c))
        return NULL;
    e = place_for(c->table, c->mask, code);
    if (e->code == NULL)
        c->used++;
    memset(e, 0, sizeof(*e));
    e->code = code;
    return e;
}

/* Backward-shift deletion, as in suspended.c: programs that compile for ever leave no tombstones. */
void codes_remove(struct codes *c, struct code_entry *e)
{
    size_t hole = (size_t)(e - c->table), i = hole;

    for (;;) {
        size_t home;

        i = (i + 1) & c->mask;
        if (c->table[i].code == NULL)
            break;
        home = codes_home(c->table[i].code) & c->mask;
        if (((i - home) & c->mask) >= ((i - hole) & c->mask)) {
            c->table[hole] = c->table[i];
            hole = i;
        }
    }
    memset(&c->table[hole], 0, sizeof(c->table[hole]));
    c->used--;
}

void codes_empty(struct codes *c)
{
    if (c->table != codes_nothing)
        munmap(c->table, (c->mask + 1) * sizeof(*c->table));
    *c = (struct codes)CODES_EMPTY;
}
