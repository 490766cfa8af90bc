/* codes.c - see codes.h. */
#include "base/base.h"

#include "hook/codes.h"

#include "hook/api.h"
#include "hook/children.h"
#include "hook/describe.h"
#include "hook/hook.h"
#include "hook/owner.h"
#include "hook/qualnames.h"
#include "hook/tasks.h"
#include "hook/twins.h"
#include "hook/value_private.h"
#include "recorder/recorder.h"
#include "recorder/registry.h"

#include <sys/mman.h>

#define FIRST_SIZE 1024

/* A table of one empty entry until the first code comes, so that codes_find() needs no test for it. */
static struct code_entry nothing[1];
struct codes codes = {nothing, 0, 0};
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
    size_t size = codes.table == nothing ? FIRST_SIZE : (codes.mask + 1) * 2;
    struct code_entry *table = mmap(NULL, size * sizeof(*table), PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (table == MAP_FAILED)
        return false;
    if (codes.table != nothing) {
        for (size_t i = 0; i <= codes.mask; i++)
            if (codes.table[i].code != NULL)
                *place_for(table, size - 1, codes.table[i].code) = codes.table[i];
        munmap(codes.table, (codes.mask + 1) * sizeof(*codes.table));
    }
    codes.table = table;
    codes.mask = size - 1;
    codes.reach = codes.mask * sizeof(*table);
    return true;
}

static struct code_entry *add(PyCodeObject *code)
{
    struct code_entry *e;

    if ((codes.table == nothing || used * 2 > codes.mask) && !grow())
        return NULL;
    e = place_for(codes.table, codes.mask, code);
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

        i = (i + 1) & codes.mask;
        if (codes.table[i].code == NULL)
            break;
        home = codes_home(codes.table[i].code) & codes.mask;
        if (((i - home) & codes.mask) >= ((i - hole) & codes.mask)) {
            codes.table[hole] = codes.table[i];
            hole = i;
        }
    }
    memset(&codes.table[hole], 0, sizeof(codes.table[hole]));
    used--;
}

static void forget_code(PyCodeObject *code)
{
    struct code_entry *e = codes_find(code);

    if (e->code != NULL) {
        twins_leave(e->f.code);
        remove_at((size_t)(e - codes.table));
    }
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

/* What Cython compiles for the limited API runs the text `_getframe()` under the name and in the file of its own function, to have
 * a frame for a traceback: that is no call of anybody's. */
static bool is_for_a_traceback(const PyCodeObject *code, const struct filter_subject *subject)
{
    return subject->module[0] == '\0' && PyTuple_GET_SIZE(code->co_names) == 1 &&
           value_str_is(PyTuple_GET_ITEM(code->co_names, 0), "_getframe");
}

/* Of our own package only note(): that it is called, and with what, is all that it does. */
static bool is_let_in(const PyCodeObject *code, const struct filter_subject *subject)
{
    const char *pattern;
    enum filter_rule rule = filter_decide(&hook.filter, subject, &pattern);

    return rule == RULE_INCLUDED || (rule == RULE_OWN && value_str_is(code->co_name, "note"));
}

static bool is_wanted(PyCodeObject *code, const struct filter_subject *subject)
{
    return hook.settings.enabled && !is_for_a_traceback(code, subject) &&
           (api_is_marked(code) || is_let_in(code, subject));
}

static void judge(struct code_entry *e, PyCodeObject *code, const struct describe_code *about)
{
    uint8_t kept = e->f.flags & (REC_SOFT | REC_VOUCHED | REC_REGISTERED), kind = 0;

    e->f.nargs = (uint16_t)describe_nargs(code);
    if ((code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0)
        kind |= REC_SUSPENDS;
    if (pyc_calls_debugger(code))
        kind |= REC_DEBUGGER;
    e->cells = codes_cells(code, e->f.nargs);
    e->secrets = value_secret_arguments(code, e->f.nargs);
    e->has_self = e->f.nargs > 0 && value_str_is(pyc_code_argument(code, 0), "self");
    e->secret_result = value_redact != NULL && value_name_is_secret(code->co_name);
    if (kind == 0 && hook.sample_below > UINT32_MAX) {
        kind |= REC_DIRECT;
        if (e->cells == 0 && e->secrets == 0 && !e->secret_result &&
            e->f.nargs <= REC_QUICK_ARGUMENTS && hook.quick_chars > 0)
            kind |= REC_QUICK;
    }
    if (is_wanted(code, &about->subject)) {
        kind |= REC_CHOSEN;
    } else {
        e->f.gear = REC_LEFT_OUT;
        e->f.budget = e->f.since_ms = 0; /* for ears_may_rest() */
    }
    e->f.flags = kept | kind;
}

void codes_judge_again(void)
{
    for (size_t i = 0; codes.table != nothing && i <= codes.mask; i++) {
        codes.table[i].f.gear = REC_UNKNOWN;
        codes.table[i].f.flags &= (uint8_t)~REC_CHOSEN;
    }
}

bool codes_judge_one_again(PyCodeObject *code)
{
    struct code_entry *e = codes_find(code);

    if (e->code == NULL || e->f.gear != REC_LEFT_OUT)
        return false;
    e->f.gear = REC_UNKNOWN;
    return true;
}

/* What is in a text that the user's own code has run is the user's, too: its functions are known by no other sign. */
static void vouch(PyCodeObject *code)
{
    struct code_entry *e = codes_find(code);

    if (e->code == NULL)
        e = add(code);
    if (e == NULL)
        return;
    e->f.flags |= REC_VOUCHED;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *one = PyTuple_GET_ITEM(code->co_consts, i);

        if (PyCode_Check(one))
            vouch((PyCodeObject *)one);
    }
}

/* The outermost code of a text runs first. Not inlined: what it needs of the C stack is rarely needed. */
static __attribute__((noinline)) void judge_text(PyCodeObject *code,
                                                 struct _PyInterpreterFrame *caller)
{
    struct describe_code about;
    PyCodeObject *outer;

    if (caller == NULL || (code->co_flags & CO_OPTIMIZED) != 0)
        return;
    outer = pyc_frame_code(caller);
    describe_code(&about, outer, pyc_frame_globals(caller));
    about.subject.vouched = (codes_find(outer)->f.flags & REC_VOUCHED) != 0;
    if (filter_is_own(&hook.filter, &about.subject))
        vouch(code);
}

/* Takes into account who has run the text that the code is from. */
static struct code_entry *judge_place(struct code_entry *e, PyCodeObject *code,
                                      struct describe_code *about,
                                      struct _PyInterpreterFrame *caller)
{
    if (filter_has_no_place(&about->subject)) {
        judge_text(code, caller);
        e = codes_find(code); /* the table may have grown */
        about->subject.vouched = (e->f.flags & REC_VOUCHED) != 0;
    }
    return e;
}

/* A call of code that the registry has no room for. Its entry remembers it: each call would be described for nothing. */
static struct code_entry *refuse(struct code_entry *e)
{
    e->number_len = CODES_REFUSED;
    recorder_lose(TRAIL_LOSS_FUNCTIONS, 1);
    return e;
}

struct code_entry *codes_get(PyCodeObject *code, struct _PyInterpreterFrame *frame,
                             struct _PyInterpreterFrame *caller)
{
    struct code_entry *e;
    struct describe_code about;

    if (!recorder_ready()) /* a forked child begins its own recording */
        return NULL;
    e = codes_find(code);
    if (e->code == NULL) {
        e = add(code);
        if (e == NULL) { /* not even its name can be kept */
            recorder_lose(TRAIL_LOSS_MEMORY, 1);
            return NULL;
        }
    }
    if (e->f.gear != REC_UNKNOWN)
        return e;
    if (e->number_len == CODES_REFUSED && (e->f.flags & REC_CHOSEN))
        return refuse(e);
    if (!tasks_on)
        tasks_discover();
    if (!children_complete)
        children_discover(code);
    describe_code(&about, code, pyc_frame_globals(frame));
    owner_name(&about, code, frame);
    e = judge_place(e, code, &about, caller);
    if (!(e->f.flags & REC_CHOSEN))
        judge(e, code, &about);
    if (e->f.gear == REC_LEFT_OUT)
        return e;
    if (!(e->f.flags & REC_REGISTERED)) {
        /* It may have been named before: again, as recorded code. */
        twins_leave(e->f.code);
        e->f.code = describe_register(&about, code, true);
    }
    if (e->f.code != 0) {
        e->f.flags |= REC_REGISTERED;
        e->number_len =
            (uint64_t)(trail_uv_at((uint8_t *)&e->number, e->f.code) - (uint8_t *)&e->number);
        rec_function_begin(&e->f);
    } else if (registry_is_full()) {
        return refuse(e);
    }
    return e;
}

uint32_t codes_name(PyCodeObject *code, PyObject *globals)
{
    struct code_entry *e = codes_find(code);

    if (e->code == NULL)
        e = add(code); /* no verdict yet: it is judged when it is called */
    if (e == NULL)
        return 0;
    if (e->f.code == 0 && e->number_len != CODES_REFUSED) {
        struct describe_code about;

        describe_code(&about, code, globals);
        about.subject.vouched = (e->f.flags & REC_VOUCHED) != 0;
        e->f.code = describe_register(&about, code, (e->f.flags & REC_CHOSEN) != 0);
        if (e->f.code == 0 && registry_is_full())
            e->number_len = CODES_REFUSED;
    }
    return e->f.code;
}

void codes_clear(void)
{
    struct codes old = codes;

    twins_clear();
    if (old.table == nothing)
        return;
    codes.table = nothing;
    codes.mask = codes.reach = 0;
    used = 0;
    for (size_t i = 0; i <= old.mask; i++)
        if (old.table[i].code != NULL && (old.table[i].f.flags & REC_VOUCHED) != 0)
            vouch(old.table[i].code);
    munmap(old.table, (old.mask + 1) * sizeof(*old.table));
}
