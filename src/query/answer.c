/* answer.c - see answer.h. */
#include "base/base.h"

#include "query/answer.h"

#define CELL_OVERHEAD 8 /* bytes that a cell costs beside its text: quotes, comma, a short name */
#define MOST_VALUES 6   /* arguments of a next step */

void answer_init(struct answer *a)
{
    *a = (struct answer){.arena = ARENA_INIT(LIMIT_ANSWER_BYTES), .total = -1};
}

void answer_release(struct answer *a)
{
    arena_release(&a->arena);
}

static void *take(struct answer *a, size_t size)
{
    void *p = arena_alloc(&a->arena, size);

    if (p == NULL)
        a->failed = true;
    return p;
}

static const char *copy(struct answer *a, const char *text, size_t len)
{
    const char *p = arena_copy(&a->arena, text, len);

    if (p == NULL)
        a->failed = true;
    return p;
}

static const char *vprint(struct answer *a, const char *format, va_list args)
{
    va_list again;
    char *p = NULL;
    int need;

    va_copy(again, args);
    need = vsnprintf(NULL, 0, format, args);
    if (need >= 0)
        p = take(a, (size_t)need + 1);
    if (p != NULL)
        vsnprintf(p, (size_t)need + 1, format, again);
    va_end(again);
    return p != NULL ? p : "";
}

const char *answer_printf(struct answer *a, const char *format, ...)
{
    const char *p;
    va_list args;

    va_start(args, format);
    p = vprint(a, format, args);
    va_end(args);
    return p;
}

const char *answer_calls(struct answer *a, int64_t calls)
{
    return answer_printf(a, "%lld call%s", (long long)calls, calls == 1 ? "" : "s");
}

/* ---- parts and rows ----------------------------------------------------------------------- */

struct part *answer_part(struct answer *a, enum part_kind kind, const char *name,
                         const struct column *columns, size_t ncolumns)
{
    struct part *part = take(a, sizeof(*part));

    if (part == NULL)
        return NULL;
    part->kind = kind;
    part->name = name;
    part->columns = columns;
    part->ncolumns = ncolumns;
    if (a->last != NULL)
        a->last->next = part;
    else
        a->first = part;
    a->last = part;
    return part;
}

struct part *answer_rows(struct answer *a, const char *name, const struct column *columns,
                         size_t ncolumns)
{
    struct part *part = answer_part(a, PART_ROWS, name, columns, ncolumns);

    if (part != NULL)
        part->flags |= PART_MAIN;
    return part;
}

static struct row *add_row(struct answer *a, struct part *part)
{
    struct row *row = part != NULL ? take(a, sizeof(*row)) : NULL;

    if (row == NULL)
        return NULL;
    if (part->last != NULL)
        part->last->next = row;
    else
        part->first = row;
    part->last = row;
    part->nrows++;
    return row;
}

struct cell *part_add(struct answer *a, struct part *part)
{
    struct cell *cells = part != NULL ? take(a, part->ncolumns * sizeof(*cells)) : NULL;
    struct row *row = cells != NULL ? add_row(a, part) : NULL;

    if (row == NULL)
        return NULL;
    row->cells = cells;
    part->bytes += part->ncolumns * CELL_OVERHEAD;
    return cells;
}

void part_add_json(struct answer *a, struct part *part, const char *json, size_t len)
{
    const char *text = copy(a, json, len);
    struct row *row = text != NULL ? add_row(a, part) : NULL;

    if (row == NULL)
        return;
    row->json = text;
    row->json_len = len;
    part->bytes += len + 2;
}

void part_say(struct answer *a, struct part *part, int depth, const char *format, ...)
{
    va_list args;

    if (part == NULL || part->last == NULL)
        return;
    va_start(args, format);
    part->last->line = vprint(a, format, args);
    part->last->depth = depth;
    va_end(args);
}

/* ---- what was left out, what to ask next -------------------------------------------------- */

void answer_omit(struct answer *a, int64_t count, const char *what, const char *reason_format, ...)
{
    struct omission *o = count != 0 ? take(a, sizeof(*o)) : NULL;
    va_list args;

    if (o == NULL)
        return;
    va_start(args, reason_format);
    o->count = count;
    o->what = copy(a, what, strlen(what));
    o->reason = vprint(a, reason_format, args);
    va_end(args);
    if (a->last_omitted != NULL)
        a->last_omitted->next = o;
    else
        a->omitted = o;
    a->last_omitted = o;
}

static const char *copy_text(struct answer *a, const char *text)
{
    const char *p = copy(a, text, strlen(text));

    return p != NULL ? p : "";
}

void answer_behind(struct answer *a, const char *why, int64_t events)
{
    if (why != NULL)
        answer_omit(a, events > 0 ? events : -1, "events", "not yet ingested: %s", why);
}

void answer_suggest(struct answer *a, const char *why, const char *question, ...)
{
    struct next_step *step = take(a, sizeof(*step));
    const char *name;
    va_list args;

    if (step == NULL)
        return;
    step->question = question;
    step->why = copy_text(a, why);
    step->values = take(a, MOST_VALUES * sizeof(*step->values));
    va_start(args, question);
    while (step->values != NULL && step->nvalues < MOST_VALUES &&
           (name = va_arg(args, const char *)) != NULL) {
        struct next_value *value = &step->values[step->nvalues++];

        value->name = copy_text(a, name);
        value->value = copy_text(a, va_arg(args, const char *));
    }
    va_end(args);
    if (a->last_step != NULL)
        a->last_step->next = step;
    else
        a->steps = step;
    a->last_step = step;
}

/* ---- cells -------------------------------------------------------------------------------- */

struct cell cell_int(int64_t v)
{
    return (struct cell){.kind = CELL_INT, .integer = v};
}

struct cell cell_bool(bool v)
{
    return (struct cell){.kind = CELL_BOOL, .integer = v};
}

struct cell cell_double(double v)
{
    return (struct cell){.kind = CELL_DOUBLE, .real = v};
}

struct cell cell_time(int64_t microseconds)
{
    return (struct cell){.kind = CELL_TIME, .integer = microseconds};
}

struct cell cell_bytes(struct answer *a, enum cell_kind kind, const char *text, size_t len)
{
    struct cell c = {.kind = CELL_NULL};

    if (text == NULL)
        return c;
    c.text = copy(a, text, len);
    if (c.text == NULL)
        return c;
    c.kind = kind;
    c.len = len;
    return c;
}

struct cell cell_text(struct answer *a, const char *text)
{
    return cell_bytes(a, CELL_TEXT, text, text != NULL ? strlen(text) : 0);
}
