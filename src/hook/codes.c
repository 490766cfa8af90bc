/* codes.c - see codes.h. */
#include "base/base.h"

#include "hook/codes.h"

#include "hook/api.h"
#include "hook/children.h"
#include "hook/describe.h"
#include "hook/hook.h"
#include "hook/own.h"
#include "hook/owner.h"
#include "hook/qualnames.h"
#include "hook/tasks.h"
#include "hook/twins.h"
#include "hook/value_private.h"
#include "recorder/recorder.h"
#include "recorder/registry.h"

struct codes codes = CODES_EMPTY;

/* What the process knows of it. As all below, under the lock where threads run at the same time. */
static struct code_entry *known(const PyCodeObject *code)
{
    return codes_find_in(&codes, code);
}

static struct code_entry *add(PyCodeObject *code)
{
    struct code_entry *e = codes_add(&codes, code);

#if PYC_CONCURRENT
    if (e != NULL) {
        e->ticket = codes_take_ticket();
        if (e->ticket == NULL) {
            codes_remove(&codes, e);
            return NULL;
        }
        e->turn = e->ticket->turn;
    }
#endif
    return e;
}

/* The copies that threads have of it are not good any more. */
static void outdate(struct code_entry *e)
{
#if PYC_CONCURRENT
    e->turn = __atomic_add_fetch(&e->ticket->turn, 1, __ATOMIC_RELEASE);
#else
    (void)e;
#endif
}

static void remove_entry(struct code_entry *e)
{
#if PYC_CONCURRENT
    codes_give_ticket(e->ticket);
#endif
    codes_remove(&codes, e);
}

static void forget_code(PyCodeObject *code)
{
    struct code_entry *e;

    codes_lock();
    e = known(code);
    if (e->code != NULL) {
        twins_leave(e->f.code);
        remove_entry(e);
    }
    codes_unlock();
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
    codes_lock();
    for (size_t i = 0; i <= codes.mask; i++) {
        if (codes.table[i].code == NULL)
            continue;
        codes.table[i].f.gear = REC_UNKNOWN;
        codes.table[i].f.flags &= (uint8_t)~REC_CHOSEN;
        outdate(&codes.table[i]);
    }
    codes_unlock();
}

bool codes_judge_one_again(PyCodeObject *code)
{
    struct code_entry *e;
    bool left_out;

    codes_lock();
    e = known(code);
    left_out = e->code != NULL && e->f.gear == REC_LEFT_OUT;
    if (left_out) {
        e->f.gear = REC_UNKNOWN;
        outdate(e);
    }
    codes_unlock();
    return left_out;
}

/* What is in a text that the user's own code has run is the user's, too: its functions are known by no other sign. */
static void vouch(PyCodeObject *code)
{
    struct code_entry *e = known(code);

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
    about.subject.vouched = (known(outer)->f.flags & REC_VOUCHED) != 0;
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
        e = known(code); /* the table may have grown */
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

/* What waits for other threads, and so is done before the lock is taken. */
static void discover(const PyCodeObject *code)
{
    if (!tasks_on)
        tasks_discover();
    if (!children_complete)
        children_discover(code);
}

/* Judges it, and registers it if it is recorded. NULL: there is nowhere to. */
static struct code_entry *decide(struct code_entry *e, PyCodeObject *code,
                                 struct _PyInterpreterFrame *frame,
                                 struct _PyInterpreterFrame *caller)
{
    struct describe_code about;

    describe_code(&about, code, pyc_frame_globals(frame));
    owner_name(&about, code, frame);
    e = judge_place(e, code, &about, caller);
    if (!(e->f.flags & REC_CHOSEN))
        judge(e, code, &about);
    if (e->f.gear == REC_LEFT_OUT)
        return e;
    if (!recorder_ready()) /* a forked child begins its own recording, for code that is recorded */
        return NULL;
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

#if PYC_CONCURRENT
/* By whoever comes first for the process, and from there for this thread. Its own entry `e` stays where it is. */
static struct code_entry *get(struct code_entry *e, PyCodeObject *code,
                              struct _PyInterpreterFrame *frame, struct _PyInterpreterFrame *caller)
{
    struct code_entry *all;

    codes_lock();
    all = known(code);
    if (all->code == NULL)
        all = add(code);
    if (all != NULL && all->f.gear == REC_UNKNOWN)
        all = decide(all, code, frame, caller);
    if (all != NULL)
        codes_copy(e, all);
    codes_unlock();
    return all != NULL ? e : NULL;
}
#else
static struct code_entry *get(struct code_entry *e, PyCodeObject *code,
                              struct _PyInterpreterFrame *frame, struct _PyInterpreterFrame *caller)
{
    return decide(e, code, frame, caller);
}
#endif

/* The entry that the hot path will find; NULL when memory is out. */
static struct code_entry *find_or_add(PyCodeObject *code)
{
    struct code_entry *e = codes_find(code);

    if (e->code != NULL)
        return e;
#if PYC_CONCURRENT
    static struct codes_ticket none;

    e = codes_add(codes_here, code);
    if (e != NULL)
        e->ticket = &none;
    return e;
#else
    return add(code);
#endif
}

struct code_entry *codes_get(PyCodeObject *code, struct _PyInterpreterFrame *frame,
                             struct _PyInterpreterFrame *caller)
{
    struct code_entry *e;

    if (!recorder_may_be())
        return NULL;
    e = find_or_add(code);
    if (e == NULL) { /* not even its name can be kept */
        if (recorder_ready())
            recorder_lose(TRAIL_LOSS_MEMORY, 1);
        return NULL;
    }
    if (e->f.gear != REC_UNKNOWN)
        return e;
    if (e->number_len == CODES_REFUSED && (e->f.flags & REC_CHOSEN))
        return refuse(e);
    discover(code);
    return get(e, code, frame, caller);
}

/* No verdict: it is judged when it is called. */
static void name(struct code_entry *e, PyCodeObject *code, PyObject *globals)
{
    struct describe_code about;

    if (e->f.code != 0 || e->number_len == CODES_REFUSED)
        return;
    describe_code(&about, code, globals);
    about.subject.vouched = (e->f.flags & REC_VOUCHED) != 0;
    e->f.code = describe_register(&about, code, (e->f.flags & REC_CHOSEN) != 0);
    if (e->f.code == 0 && registry_is_full())
        e->number_len = CODES_REFUSED;
}

uint32_t codes_name(PyCodeObject *code, PyObject *globals)
{
    struct code_entry *e = find_or_add(code);

    if (e == NULL || e->f.code != 0 || e->number_len == CODES_REFUSED)
        return e != NULL ? e->f.code : 0;
#if PYC_CONCURRENT
    struct code_entry *all;

    codes_lock();
    all = known(code);
    if (all->code == NULL)
        all = add(code);
    if (all != NULL) {
        name(all, code, globals);
        codes_copy(e, all);
    }
    codes_unlock();
#else
    name(e, code, globals);
#endif
    return e->f.code;
}

static bool is_recorded(const struct code_entry *e)
{
    return e->code != NULL && (e->f.flags & REC_REGISTERED) != 0;
}

#if PYC_CONCURRENT
/* What f() does may stop all threads, so not under the lock; what ends just now is left out. */
void codes_each_recorded(void (*f)(PyObject *code))
{
    PyObject **all;
    size_t n = 0;

    codes_lock();
    all = calloc(codes.used + 1, sizeof(*all));
    for (size_t i = 0; all != NULL && i <= codes.mask; i++)
        if (is_recorded(&codes.table[i]) &&
            (all[n] = own_read((PyObject *const *)&codes.table[i].code)) != NULL)
            n++;
    codes_unlock();
    for (size_t i = 0; i < n; i++)
        f(all[i]);
    free(all);
}
#else
void codes_each_recorded(void (*f)(PyObject *code))
{
    for (size_t i = 0; i <= codes.mask; i++)
        if (is_recorded(&codes.table[i]))
            f((PyObject *)codes.table[i].code);
}
#endif

void codes_clear(void)
{
    struct codes old = codes;

    twins_clear();
#if PYC_CONCURRENT
    codes_forget_tickets();
#endif
    codes = (struct codes)CODES_EMPTY;
    for (size_t i = 0; i <= old.mask; i++)
        if (old.table[i].code != NULL && (old.table[i].f.flags & REC_VOUCHED) != 0)
            vouch(old.table[i].code);
    codes_empty(&old);
}
