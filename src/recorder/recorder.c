/* recorder.c - see recorder.h: the recording's life from start over forks to its end. */
#include "base/base.h"

#include "recorder/recorder.h"

#include "base/clock.h"
#include "base/spin.h"
#include "recorder/forks.h"
#include "recorder/function.h"
#include "recorder/registry.h"
#include "recorder/suspended.h"
#include "trail/unreachable.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

/* A page before there is one: the hook's look at it needs no test. */
static struct control_page no_page;
struct recorder recorder = {.control = {.page = &no_page}};

void recorder_lose_of(struct trail_slot *slot, enum trail_loss cause, uint64_t events)
{
    trail_slot_lose(&recorder.page, slot, cause, events, clock_ticks(recorder.dir.clock));
    if (UNLIKELY(recorder.page.header == NULL))
        registry_tell_losses(cause);
}

void recorder_lose(enum trail_loss cause, uint64_t events)
{
    recorder_lose_of(trail_page_any(&recorder.page), cause, events);
}

uint64_t recorder_ticks(uint64_t ms)
{
    struct clock_sample now = clock_take_sample(recorder.dir.clock);
    int64_t ns = now.mono_ns - recorder.born.mono_ns;
    double rate = ns > 0 ? (double)(now.ticks - recorder.born.ticks) / (double)ns : 1.0;

    return (uint64_t)((double)ms * 1e6 * rate);
}

/* ---- the config's texts ------------------------------------------------------------------ */

static struct trail_text copy_text(uint8_t **at, struct trail_text text)
{
    struct trail_text copy = {(const char *)*at, text.len};

    if (text.len > 0)
        memcpy(*at, text.bytes, text.len);
    *at += text.len;
    return copy;
}

/* The caller's texts live as long as its call; a forked child needs them again. */
static int keep_config(const struct recorder_config *config)
{
    size_t folder = strlen(config->run_folder) + 1;
    size_t argv = config->argc * sizeof(struct trail_text);
    size_t size =
        argv + folder + config->run_settings.len + config->python.len + config->executable.len;
    struct trail_text *args;
    uint8_t *at;

    for (size_t i = 0; i < config->argc; i++)
        size += config->argv[i].len;
    recorder.texts = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (recorder.texts == MAP_FAILED)
        return -errno;
    recorder.texts_size = size;
    recorder.config = *config;
    args = recorder.texts;
    at = (uint8_t *)recorder.texts + argv;
    for (size_t i = 0; i < config->argc; i++)
        args[i] = copy_text(&at, config->argv[i]);
    recorder.config.argv = args;
    recorder.config.run_folder =
        copy_text(&at, (struct trail_text){config->run_folder, folder}).bytes;
    recorder.config.run_settings = copy_text(&at, config->run_settings);
    recorder.config.python = copy_text(&at, config->python);
    recorder.config.executable = copy_text(&at, config->executable);
    return 0;
}

/* ---- beginning --------------------------------------------------------------------------- */

/* A forked child goes on by its parent's clock: asking which one is good is slow in a virtual machine. */
static int open_trail(bool forked)
{
    struct uuid trace = uuid_make();
    enum clock_kind clock = forked ? recorder.dir.clock : clock_choose();
    uint32_t shift = clock_is_register(clock) ? REC_REGISTER_SHIFT : 0;
    int error = trail_dir_open(&recorder.dir, recorder.config.run_folder, &trace, clock, shift,
                               recorder.config.python_version);

    if (error < 0)
        return error;
    recorder.dir.is_short = forked; /* most children are */
    control_open(&recorder.control, recorder.dir.path);
    recorder.next_code = recorder.next_type = recorder.next_layout = recorder.next_stream = 0;
    recorder.born = clock_take_sample(clock);
    recorder.quota = (struct quota)QUOTA_INIT;
    error = registry_open();
    if (error < 0)
        trail_dir_close(&recorder.dir);
    else if (forked)
        trail_page_postpone(&recorder.page, &recorder.dir);
    else
        trail_page_open(&recorder.page, &recorder.dir); /* without it, losses are told at the end */
    return error;
}

#ifdef __GLIBC__
static void at_exit(int status, void *unused)
{
    (void)unused;
    recorder_finish(TRAIL_FINISH_EXIT, status & 0xff);
}
#else
static void at_exit(void)
{
    recorder_finish(TRAIL_FINISH_EXIT, -1);
}
#endif

/* In the child, before fork() returns to anybody: the parent's streams must not be written to. The child's own are
 * made at its first event, since most children only wait for their exec. */
static void after_fork_in_child(void)
{
    if (__atomic_load_n(&recorder.mode, __ATOMIC_RELAXED) == RECORDER_OFF)
        return;
    recorder.registry_lock = recorder.begin_lock = 0;
    forks_clear();
    if (rec_self != NULL)
        rec_thread_forget(rec_self);
    if (recorder.mode == RECORDER_ON) {
        trail_stream_forget(&recorder.registry);
        recorder.parent_trace_id = recorder.dir.trace_id;
        trail_dir_forget(&recorder.dir);
        trail_page_leave(&recorder.page, &recorder.parents_page);
        rec_slots_clear();
        suspended_clear();
        recorder.threads = recorder.ended = NULL;
        recorder.threads_lock = 0;
        /* Now, not at the first event: what it knows points into the parent's page. */
        if (recorder.config.forget != NULL)
            recorder.config.forget();
    }
    recorder.forked_ns = clock_ns(CLOCK_MONOTONIC_COARSE);
    __atomic_store_n(&recorder.mode, RECORDER_FORKED, __ATOMIC_RELEASE);
}

int recorder_start(const struct recorder_config *config)
{
    static bool hooked;
    int error;

    if (recorder.mode != RECORDER_OFF)
        return -EALREADY;
    error = keep_config(config);
    if (error < 0)
        return error;
    error = open_trail(false);
    if (error < 0)
        return error;
    if (!hooked) {
        hooked = true;
        pthread_atfork(NULL, NULL, after_fork_in_child);
#ifdef __GLIBC__
        on_exit(at_exit, NULL);
#else
        atexit(at_exit);
#endif
    }
    __atomic_store_n(&recorder.mode, RECORDER_ON, __ATOMIC_RELEASE);
    return 0;
}

/* It cannot say so in a trail of its own: on a full disk there is room in its parent's page, if anywhere. */
static void tell_that_it_cannot(int error)
{
    const char *why = strerrordesc_np(-error);

    trail_page_parent_lose(&recorder.parents_page, rec_cause_of(error),
                           clock_ticks(recorder.dir.clock));
    trail_unreachable_note(recorder.config.run_folder, (long)getpid(), "%.*s: %s",
                           (int)recorder.config.python.len, recorder.config.python.bytes,
                           why != NULL ? why : "cannot make its folder");
}

/* Without a GIL several threads of the child may have their first events at once. */
bool recorder_continue_after_fork(void)
{
    int mode, error;

    spin_lock(&recorder.begin_lock);
    mode = __atomic_load_n(&recorder.mode, __ATOMIC_ACQUIRE);
    if (mode == RECORDER_FORKED) {
        error = open_trail(true);
        if (error < 0)
            tell_that_it_cannot(error);
        trail_page_parent_release(&recorder.parents_page);
        mode = error < 0 ? RECORDER_OFF : RECORDER_ON;
        __atomic_store_n(&recorder.mode, mode, __ATOMIC_RELEASE);
    }
    spin_unlock(&recorder.begin_lock);
    return mode == RECORDER_ON;
}

bool recorder_continue_in_time(void)
{
    return clock_ns(CLOCK_MONOTONIC_COARSE) - recorder.forked_ns < LIMIT_UNHEARD_NS ||
           recorder_continue_after_fork();
}

void recorder_finish(enum trail_finish reason, int status)
{
    int on = RECORDER_ON;

    if (recorder.mode == RECORDER_FORKED && reason != TRAIL_FINISH_SHUTDOWN)
        forks_tell_own(status);
    if (recorder.mode == RECORDER_ON && reason != TRAIL_FINISH_SHUTDOWN)
        forks_settle();
    if (!__atomic_compare_exchange_n(&recorder.mode, &on, RECORDER_OFF, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return;
    if (rec_self != NULL)
        rec_thread_close(rec_self);
    rec_threads_sweep();
    registry_finish(reason, status);
}
