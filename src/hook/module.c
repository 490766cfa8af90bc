/*
 * module.c - the extension module breadcrumb._native: start(folder) begins the recording of this process.
 * It never raises and never prints; why nothing is recorded stands in the run's folder (file `unreachable`).
 */
#include "base/base.h"

#include "base/proc.h"
#include "hook/api.h"
#include "hook/children.h"
#include "hook/codes.h"
#include "hook/describe.h"
#include "hook/hook.h"
#include "hook/lines.h"
#include "hook/own.h"
#include "hook/tasks.h"
#include "hook/value_private.h"
#include "recorder/function.h"
#include "recorder/recorder.h"
#include "recorder/registry.h"
#include "trail/unreachable.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define SETTINGS_MAX (1024 * 1024)
#define SETTINGS_KEPT 8192 /* bytes of them in the trail */

struct hook hook;
const struct hook_backend *hook_backend;

/* ---- the run's settings ------------------------------------------------------------------ */

/* The whole file in malloc'ed memory, NUL-terminated; NULL when it cannot be read. */
static char *read_settings(const char *folder, size_t *ret_len)
{
    char path[LIMIT_PATH_BYTES];
    char *text = NULL;
    size_t len = 0;
    ssize_t n = -1;
    int fd;

    if ((size_t)snprintf(path, sizeof(path), "%s/settings", folder) >= sizeof(path))
        return NULL;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    text = malloc(SETTINGS_MAX + 1);
    while (text != NULL && len < SETTINGS_MAX) {
        n = read(fd, text + len, SETTINGS_MAX - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    close(fd);
    if (text == NULL || n != 0) {
        free(text);
        return NULL;
    }
    text[len] = '\0';
    *ret_len = len;
    return text;
}

static struct uuid run_id_of(const char *text)
{
    const char *line = strncmp(text, "run_id=", 7) == 0 ? text : strstr(text, "\nrun_id=");
    struct uuid id = {{0}};
    char digits[UUID_TEXT] = "";

    if (line != NULL) {
        line = strchr(line, '=') + 1;
        memcpy(digits, line, strnlen(line, UUID_TEXT - 1));
        uuid_parse(digits, &id);
    }
    return id;
}

static uint32_t at_most(int64_t value, int64_t most)
{
    return (uint32_t)(value < most ? value : most);
}

static struct recorder_hot hot_of(const struct settings *s)
{
    return (struct recorder_hot){.threshold = (uint64_t)s->hot_threshold,
                                 .timed_calls = (uint64_t)s->hot_timed_calls,
                                 .window_ms = (uint32_t)s->hot_window_s * 1000,
                                 .reset_ms = (uint32_t)s->hot_reset_s * 1000};
}

/* One record must hold a function's arguments, so one value has a ceiling below it. */
void hook_apply_settings(void)
{
    const struct settings *s = &hook.settings;

    hook.filter.settings = s;
    hook.limits.max_chars = at_most(s->max_chars, LIMIT_RECORD_BYTES);
    hook.limits.max_bytes = at_most(s->max_value_bytes, LIMIT_RECORD_BYTES * 15 / 32);
    hook.limits.max_items = at_most(s->max_items, LIMIT_RECORD_BYTES);
    hook.limits.max_depth = at_most(s->max_depth, LIMIT_VALUE_DEPTH);
    hook.limits.max_attributes = at_most(s->max_attributes, LIMIT_RECORD_BYTES);
    hook.limits.mode = (enum value_mode)s->values;
    hook.self_limits = hook.limits;
    hook.self_limits.max_depth -= hook.limits.max_depth > 1;
    hook.lines = s->lines || s->locals;
    hook.quick_chars = 0;
    if (hook.limits.mode == VALUE_STRUCTURE && hook.limits.max_chars >= VALUE_QUICK_CHARS &&
        hook.limits.max_bytes >= 2 * VALUE_QUICK_MAX)
        hook.quick_chars = (uint32_t)value_unscanned(VALUE_QUICK_CHARS);
    rec_threads_open_quick(hook.quick_chars > 0);
    hook.sample_below = (uint64_t)(s->sample_rate * 4294967296.0);
    recorder.config.hot = hot_of(s);
    recorder.config.sample_below = hook.sample_below;
}

/* NULL, or why it cannot be done: then nothing is recorded, rather than secrets. */
static const char *start_redaction(void)
{
    static char reason[512];
    const char *why = NULL;

    value_redact_use(settings_redact(&hook.settings, reason, sizeof(reason), &why));
    return why;
}

/* What is being written stands at one place until it is committed. */
static uint64_t place_of_event(void)
{
    const struct rec_thread *t = rec_self;

    return t != NULL ? (uintptr_t)t->stream.next : 0;
}

/* Arguments are told before the call is on the stack, all else while it is. */
static uint32_t function_of_event(void)
{
    if (call_being_told != 0)
        return call_being_told;
    return rec_self != NULL ? rec_self->top->code : 0;
}

static void lose_for_time(uint32_t function)
{
    rec_function_lose(function, TRAIL_LOSS_VALUE_BUDGET);
}

static const struct value_repr_hooks repr_hooks = {place_of_event, function_of_event,
                                                   lose_for_time};

/* ---- the process ------------------------------------------------------------------------- */

static void forget_numbers(void)
{
    codes_clear();
    value_types_clear();
    lines_clear();
    tasks_clear();
}

/* One word of it without its secrets; `secret`: it is one. */
static size_t command_word(PyObject *word, char *text, size_t size, bool secret)
{
    static char whole[16 * 1024 + REDACT_AHEAD];
    struct value_text t = {whole, whole + sizeof(whole), false};
    size_t len;

    value_text_str(&t, word);
    len = value_text_finish(whole, (size_t)(t.p - whole), t.full, sizeof(whole) - REDACT_AHEAD);
    if (secret && len > 0 && whole[0] != '-')
        len = (size_t)snprintf(whole, sizeof(whole), REDACT_MARK);
    if (len > size)
        len = size;
    memcpy(text, whole, len);
    return len;
}

/* sys.orig_argv as texts: the words as typed. Memory of the caller's. */
static size_t command_line(struct trail_text *argv, size_t most, char *bytes, size_t size)
{
    PyObject *words = PySys_GetObject("orig_argv"); /* borrowed */
    size_t n = 0;
    char *at = bytes;
    bool secret = false; /* the next word is one */

    if (words == NULL || !PyList_Check(words) || !own_lock(words))
        return 0;
    for (; n < most && n < (size_t)PyList_GET_SIZE(words); n++) {
        PyObject *word = PyList_GET_ITEM(words, (Py_ssize_t)n);

        argv[n].bytes = at;
        argv[n].len =
            PyUnicode_Check(word) ? command_word(word, at, (size_t)(bytes + size - at), secret) : 0;
        secret = value_redact != NULL && redact_word_before(value_redact, at, argv[n].len);
        at += argv[n].len;
    }
    own_unlock(words);
    return n;
}

/* Of the interpreter that runs us, which may be another patch release than the one we were built with. */
static struct trail_text running_version(void)
{
    const char *text = Py_GetVersion(); /* "3.12.1 (main, ...)" */
    struct trail_text version = {text, strcspn(text, " ")};

    return version;
}

/* The run's settings as the trail keeps them: without the patterns of secrets, one of which may be a secret itself. */
static struct trail_text kept_settings(const char *text, size_t len)
{
    static char kept[SETTINGS_KEPT + REDACT_AHEAD];
    static const char patterns[] = "redact_patterns=";
    const char *end = text + len, *stop;
    struct trail_text ret = {kept, 0};

    for (; text < end; text = stop) {
        stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop != NULL ? stop + 1 : end;
        if (strncmp(text, patterns, sizeof(patterns) - 1) == 0)
            continue;
        if ((size_t)(stop - text) > sizeof(kept) - ret.len)
            break;
        memcpy(kept + ret.len, text, (size_t)(stop - text));
        ret.len += (size_t)(stop - text);
    }
    ret.len = value_text_finish(kept, ret.len, text < end, SETTINGS_KEPT);
    return ret;
}

static int start_recorder(const char *folder, const char *text, size_t len)
{
    static struct trail_text argv[1024];
    static char words[48 * 1024];
    char executable[LIMIT_PATH_BYTES];
    struct recorder_config config = {0};
    PyObject *program = PySys_GetObject("executable"); /* borrowed */

    config.run_folder = folder;
    config.run_settings = kept_settings(text, len);
    config.run_id = run_id_of(text);
    config.hot = hot_of(&hook.settings);
    config.sample_below = hook.sample_below;
    config.seed = (uint64_t)hook.settings.seed;
    config.quota = (uint64_t)hook.settings.quota_mb * 1024 * 1024;
    config.python = running_version();
    config.python_version = PYC_VERSION;
    config.executable.bytes = executable;
    if (program != NULL && PyUnicode_Check(program))
        config.executable.len = value_utf8(program, executable, sizeof(executable));
    config.argv = argv;
    config.argc = command_line(argv, ARRAY_SIZE(argv), words, sizeof(words));
    config.forget = forget_numbers;
    config.describe_thread = describe_thread;
    return recorder_start(&config);
}

static const struct hook_backend *choose_backend(const char **ret_why)
{
#if PYC_HAS_MONITORING
    if (hook.settings.backend == BACKEND_SETTRACE)
        *ret_why = "backend settrace is for Python 3.10 and 3.11";
    else
        return &hook_monitoring;
#else
    if (hook.settings.backend == BACKEND_PEP669)
        *ret_why = "backend pep669 needs Python 3.12 or later";
    else
        return &hook_eval_frame;
#endif
    return NULL;
}

static void explain(const char *folder, const char *why)
{
    trail_unreachable_note(folder, (long)getpid(), "%.*s: %s", (int)running_version().len,
                           running_version().bytes, why);
}

/* The trace was begun when it turned out that nothing can be heard: it says so itself, for whoever finds it empty a week later. */
static void end_unheard(const char *why)
{
    char text[200];

    snprintf(text, sizeof(text), "%.*s: %s", (int)running_version().len, running_version().bytes,
             why);
    recorder_lose(TRAIL_LOSS_UNREACHABLE, 1);
    registry_note("unreachable", text);
    recorder_finish(TRAIL_FINISH_SHUTDOWN, -1);
}

#define MOST_ABOVE 16

/* A shell between the process and who started it leaves no trace. */
static void note_above(pid_t pid)
{
    char text[MOST_ABOVE * 12];
    struct proc p;
    size_t len = 0;

    for (int i = 0; i < MOST_ABOVE && proc_read(pid, &p) && p.parent > 1; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d", i > 0 ? "," : "",
                                (int)p.parent);
        pid = p.parent;
    }
    if (len > 0)
        registry_note(TRAIL_NOTE_ABOVE, text);
}

/* One process may be several programs, one after the other, and its number another one's later. */
static void note_beginning(void)
{
    struct proc p;
    char text[24];

    if (!proc_read(getpid(), &p))
        return;
    snprintf(text, sizeof(text), "%lld", (long long)proc_began_ns(&p));
    registry_note(TRAIL_NOTE_BEGAN, text);
    note_above(p.parent);
}

/* NULL, or why nothing is recorded. */
static const char *begin(const char *folder)
{
    const char *why = pyc_check();
    size_t len = 0;
    char *text = why == NULL ? read_settings(folder, &len) : NULL;
    int error;

    if (why != NULL)
        return why;
    if (text == NULL)
        return "the run's settings cannot be read";
    error = settings_init(&hook.settings, NULL);
    if (error == 0)
        error = settings_parse_compiled(&hook.settings, text, len);
    if (error < 0 || !hook.settings.enabled) {
        free(text);
        return error < 0 ? "the run's settings are not valid" : NULL;
    }
    value_repr_use(&repr_hooks);
    why = start_redaction();
    hook_apply_settings(); /* behind it: how long a str must be to be scanned is known now */
    if (why != NULL) {
        free(text);
        return why;
    }
    describe_places(&hook.filter);
    hook_backend = choose_backend(&why);
    if (hook_backend != NULL) {
        error = start_recorder(folder, text, len);
        if (error < 0)
            why = strerrordesc_np(-error);
    }
    free(text);
    if (why != NULL)
        return why;
    registry_note("backend", hook_backend->name);
    note_beginning();
    why = hook_backend->start();
    if (why != NULL)
        end_unheard(why);
    else
        children_listen();
    return why;
}

/* ---- the module -------------------------------------------------------------------------- */

PyDoc_STRVAR(start_doc,
             "start(folder, /)\n--\n\n"
             "Record this process into the run's folder (absolute path). Never raises; a second\n"
             "call does nothing, and a subinterpreter's is counted.");

/* Its frames and objects are its own, behind a lock that may be its own: it is not recorded, and the trace says so. */
static void count_interpreter(void)
{
    static bool noted;

    if (hook_backend == NULL || !recorder_ready())
        return;
    recorder_lose(TRAIL_LOSS_UNREACHABLE, 1);
    if (!__atomic_exchange_n(&noted, true, __ATOMIC_RELAXED))
        registry_note("subinterpreters", "not recorded");
}

static PyObject *start(PyObject *module, PyObject *folder)
{
    char path[LIMIT_PATH_BYTES] = "";
    PyObject *bytes = NULL; /* Owned: the path as the file system has it, which may be no UTF-8 */
    const char *why;

    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        count_interpreter();
        Py_RETURN_NONE;
    }
    if (hook_backend != NULL || !PyUnicode_FSConverter(folder, &bytes) ||
        (size_t)PyBytes_GET_SIZE(bytes) >= sizeof(path)) {
        PyErr_Clear();
        Py_XDECREF(bytes);
        Py_RETURN_NONE;
    }
    memcpy(path, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    if (path[0] != '/')
        Py_RETURN_NONE;
    Py_INCREF(
        module); /* for the life of the process: its three objects must not become the program's garbage */
    why = own_begin() ? begin(path) : strerrordesc_np(ENOMEM);
    own_end();
    PyErr_Clear();
    if (why != NULL)
        explain(path, why);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"start", start, METH_O, start_doc},
    API_METHODS{NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    PYC_MODULE_SLOTS{0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "breadcrumb._native",
    .m_doc = "The recorder of breadcrumb.",
    .m_methods = methods,
    .m_slots = slots,
};

__attribute__((visibility("default"))) PyMODINIT_FUNC PyInit__native(void);

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
