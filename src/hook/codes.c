/* codes.c - see codes.h. */
#include "base/base.h"

#include "hook/codes.h"

#include "hook/api.h"
#include "hook/describe.h"
#include "hook/hook.h"
#include "hook/qualnames.h"
#include "recorder/recorder.h"

#include <sys/mman.h>

#define FIRST_SIZE 1024

/* A table of one empty entry until the first code comes, so that codes_find() needs no test for it. */
static struct code_entry nothing[1];
struct code_entry *codes_table = nothing;
size_t codes_mask;
static size_t used;

static struct code_entry *place_for(struct code_entry *table, size_t mask, PyCodeObject *code)
{
    size_t i = codes_home(code) & mask;

    while (table[i].code != NULL && table[i].code != code)
        i = (i + 1) & mask;
    return &table[i];
}

static bool grow(void)
{
    size_t size = codes_table == nothing ? FIRST_SIZE : (codes_mask + 1) * 2;
    struct code_entry *table = mmap(NULL, size * sizeof(*table), PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (table == MAP_FAILED)
        return false;
    if (codes_table != nothing) {
        for (size_t i = 0; i <= codes_mask; i++)
            if (codes_table[i].code != NULL)
                *place_for(table, size - 1, codes_table[i].code) = codes_table[i];
        munmap(codes_table, (codes_mask + 1) * sizeof(*codes_table));
    }
    codes_table = table;
    codes_mask = size - 1;
    return true;
}

static struct code_entry *add(PyCodeObject *code)
{
    struct code_entry *e;

    if ((codes_table == nothing || used * 2 > codes_mask) && !grow())
        return NULL;
    e = place_for(codes_table, codes_mask, code);
    if (e->code == NULL)
        used++;
    memset(e, 0, sizeof(*e));
    e->code = code;
    return e;
}

/* Backward-shift deletion, as in suspended.c: programs that compile for ever leave no tombstones. */
static void remove_at(size_t hole)
{
    size_t i = hole;

    for (;;) {
        size_t home;

        i = (i + 1) & codes_mask;
        if (codes_table[i].code == NULL)
            break;
        home = codes_home(codes_table[i].code) & codes_mask;
        if (((i - home) & codes_mask) >= ((i - hole) & codes_mask)) {
            codes_table[hole] = codes_table[i];
            hole = i;
        }
    }
    memset(&codes_table[hole], 0, sizeof(codes_table[hole]));
    used--;
}

static void forget_code(PyCodeObject *code)
{
    struct code_entry *e = codes_find(code);

    if (e->code != NULL)
        remove_at((size_t)(e - codes_table));
    if (!PYC_HAS_QUALNAME)
        qualnames_forget(code);
}

void codes_watch(void)
{
    pyc_watch_codes(forget_code);
    if (!PYC_HAS_QUALNAME)
        qualnames_start();
}

uint64_t codes_cells(PyCodeObject *code, unsigned nargs)
{
    uint64_t cells = 0;

    for (unsigned i = 0; i < nargs && i < 64; i++)
        if (pyc_argument_in_cell(code, i))
            cells |= UINT64_C(1) << i;
    return cells;
}

static void judge(struct code_entry *e, PyCodeObject *code, const struct describe_code *about)
{
    e->f.nargs = (uint16_t)describe_nargs(code);
    if ((code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0)
        e->f.flags |= REC_SUSPENDS;
    if (codes_cells(code, e->f.nargs) != 0)
        e->f.flags |= REC_CELLS;
    if (value_secret_arguments(code, e->f.nargs) != 0)
        e->f.flags |= REC_SECRETS;
    if (e->f.flags == 0 && e->f.nargs <= REC_QUICK_ARGUMENTS &&
        hook.limits.mode == VALUE_STRUCTURE && hook.sample_below > UINT32_MAX)
        e->f.flags |= REC_QUICK;
    if (api_is_marked(code) || filter_included(&hook.filter, &about->subject))
        e->f.flags |= REC_CHOSEN;
    else
        e->f.gear = REC_LEFT_OUT;
}

struct code_entry *codes_get(PyCodeObject *code, struct _PyInterpreterFrame *frame)
{
    struct code_entry *e;
    struct describe_code about;

    if (!recorder_ready()) /* a forked child begins its own recording */
        return NULL;
    e = codes_find(code);
    if (e->code == NULL) {
        e = add(code);
        if (e == NULL)
            return NULL;
    }
    if (e->f.gear != REC_UNKNOWN)
        return e;
    describe_code(&about, code, pyc_frame_globals(frame));
    if (!(e->f.flags & REC_CHOSEN))
        judge(e, code, &about);
    if (e->f.gear == REC_LEFT_OUT)
        return e;
    e->f.code = describe_register(&about, code, true); /* again, if it was only named so far */
    if (e->f.code != 0)
        rec_function_begin(&e->f);
    return e;
}

uint32_t codes_name(PyCodeObject *code, PyObject *globals)
{
    struct code_entry *e = codes_find(code);

    if (e->code == NULL)
        e = add(code); /* no verdict yet: it is judged when it is called */
    if (e == NULL)
        return 0;
    if (e->f.code == 0) {
        struct describe_code about;

        describe_code(&about, code, globals);
        e->f.code = describe_register(&about, code, (e->f.flags & REC_CHOSEN) != 0);
    }
    return e->f.code;
}

void codes_clear(void)
{
    if (codes_table == nothing)
        return;
    munmap(codes_table, (codes_mask + 1) * sizeof(*codes_table));
    codes_table = nothing;
    codes_mask = 0;
    used = 0;
}
