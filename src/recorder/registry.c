/* registry.c - see registry.h. */
#include "base/base.h"

#include "recorder/registry.h"

#include "base/clock.h"
#include "base/spin.h"
#include "recorder/recorder.h"
#include "recorder/thread.h"
#include "version.h"

#include <sys/syscall.h>
#include <unistd.h>

typedef void registry_encoder(struct trail_out *out, const void *info);

/* Under the lock: one record, in this segment or the next. */
static int write_record(registry_encoder *encode, const void *info)
{
    struct trail_stream *s = &recorder.registry;

    if (s->header == NULL)
        return -EBADF;
    for (;;) {
        struct trail_out out = trail_stream_begin(s);
        int error;

        encode(&out, info);
        if (!out.overflow) {
            trail_stream_commit(s, &out);
            return 0;
        }
        error = trail_stream_roll(s);
        if (error < 0)
            return error;
    }
}

static int write_locked(registry_encoder *encode, const void *info)
{
    int error;

    spin_lock(&recorder.registry_lock);
    error = write_record(encode, info);
    spin_unlock(&recorder.registry_lock);
    if (error == -ENOSPC || error == -EDQUOT || error == -EFBIG)
        recorder_lose(TRAIL_LOSS_DISK_FULL, 1);
    else if (error < 0 && error != -EMSGSIZE) /* too long: the caller says it shorter */
        recorder_lose(TRAIL_LOSS_UNREACHABLE, 1);
    return error;
}

static void encode_process(struct trail_out *out, const void *info)
{
    trail_encode_process(out, info);
}

static void encode_code(struct trail_out *out, const void *info)
{
    trail_encode_code(out, info);
}

static void encode_thread(struct trail_out *out, const void *info)
{
    trail_encode_thread(out, info);
}

struct type_info {
    uint64_t id;
    struct trail_text module, name;
};

static void encode_type(struct trail_out *out, const void *info)
{
    const struct type_info *type = info;

    trail_encode_type(out, type->id, type->module, type->name);
}

struct note_info {
    const char *key, *value;
};

static void encode_note(struct trail_out *out, const void *info)
{
    const struct note_info *note = info;

    trail_encode_note(out, trail_text_of(note->key), trail_text_of(note->value));
}

static void encode_losses(struct trail_out *out, const void *info)
{
    trail_encode_losses(out, info);
}

struct finish_info {
    enum trail_finish reason;
    int status;
};

static void encode_finish(struct trail_out *out, const void *info)
{
    const struct finish_info *finish = info;

    trail_encode_finish(out, finish->reason, finish->status, clock_wall_ns());
}

static int write_process(void)
{
    struct trail_process_info info = {0};
    char host[256] = "", cwd[LIMIT_PATH_BYTES] = "";
    int error;

    gethostname(host, sizeof(host) - 1);
    if (getcwd(cwd, sizeof(cwd)) == NULL)
        cwd[0] = '\0';
    info.run_id = recorder.config.run_id;
    info.parent_trace_id = recorder.parent_trace_id;
    info.pid = (uint64_t)getpid();
    info.ppid = (uint64_t)getppid();
    info.python = recorder.config.python;
    info.breadcrumb = trail_text_of(BREADCRUMB_VERSION);
    info.host = trail_text_of(host);
    info.executable = recorder.config.executable;
    info.cwd = trail_text_of(cwd);
    info.argv = recorder.config.argv;
    info.argc = recorder.config.argc;
    info.settings = recorder.config.run_settings;
    do {
        error = write_locked(encode_process, &info);
        info.argc /= 2; /* a command line of megabytes: keep its beginning */
    } while (error == -EMSGSIZE && info.argc > 0);
    return error;
}

int registry_open(void)
{
    int error;

    memset(recorder.told_losses, 0, sizeof(recorder.told_losses));
    memset(recorder.next_losses, 0, sizeof(recorder.next_losses));
    error = trail_stream_open(&recorder.registry, &recorder.dir, 0, (uint32_t)syscall(SYS_gettid));

    return error < 0 ? error : write_process();
}

/* Of a program that compiles for ever, while nothing of it can be kept: its calls are lost by number, not by name. */
static bool is_one_too_many(void)
{
    return rec_self != NULL && rec_thread_is_refused(rec_self) &&
           __atomic_load_n(&recorder.next_code, __ATOMIC_RELAXED) >= LIMIT_LOST_CODES;
}

/* Who reads the registry keeps all of it in memory, as long as the process runs. */
static bool is_full(const uint32_t *next, uint32_t most)
{
    return __atomic_load_n(next, __ATOMIC_RELAXED) >= most ||
           __atomic_load_n(&recorder.registry.index, __ATOMIC_RELAXED) >= LIMIT_REGISTRY_SEGMENTS;
}

bool registry_is_full(void)
{
    return is_full(&recorder.next_code, LIMIT_CODES);
}

uint32_t registry_add_code(struct trail_code_info *info)
{
    int error;

    if (registry_is_full())
        return 0;
    if (is_one_too_many()) {
        recorder_lose(rec_self->full_for, 1);
        return 0;
    }
    info->id = __atomic_add_fetch(&recorder.next_code, 1, __ATOMIC_RELAXED);
    error = write_locked(encode_code, info);
    if (error == -EMSGSIZE && info->table_len > 0) {
        info->table_format = 0; /* lines of its callers are lost, its calls are not */
        info->table_len = 0;
        error = write_locked(encode_code, info);
    }
    if (error == -EMSGSIZE)
        recorder_lose(TRAIL_LOSS_TOO_LARGE, 1);
    return error < 0 ? 0 : (uint32_t)info->id;
}

uint32_t registry_add_type(const char *module, size_t module_len, const char *name, size_t name_len)
{
    struct type_info info = {0, {module, module_len}, {name, name_len}};

    if (is_full(&recorder.next_type, LIMIT_TYPES)) {
        recorder_lose(TRAIL_LOSS_VALUE_BUDGET, 1);
        return 0;
    }
    info.id = __atomic_add_fetch(&recorder.next_type, 1, __ATOMIC_RELAXED);
    return write_locked(encode_type, &info) < 0 ? 0 : (uint32_t)info.id;
}

static void encode_layout(struct trail_out *out, const void *info)
{
    trail_encode_layout(out, info);
}

uint32_t registry_add_layout(struct trail_layout_info *info)
{
    if (is_full(&recorder.next_layout,
                LIMIT_LAYOUTS)) /* such values name their attributes themselves */
        return 0;
    info->id = __atomic_add_fetch(&recorder.next_layout, 1, __ATOMIC_RELAXED);
    return write_locked(encode_layout, info) < 0 ? 0 : (uint32_t)info->id;
}

bool registry_add_thread(const struct trail_thread_info *info)
{
    return write_locked(encode_thread, info) == 0;
}

static void encode_child(struct trail_out *out, const void *info)
{
    trail_encode_child(out, info);
}

bool registry_add_child(const struct trail_child_info *info)
{
    return write_locked(encode_child, info) == 0;
}

bool registry_note(const char *key, const char *value)
{
    struct note_info info = {key, value};

    return write_locked(encode_note, &info) == 0;
}

void registry_tell_exec(enum trail_finish reason)
{
    struct finish_info finish = {reason, -1};

    write_locked(encode_finish, &finish);
}

/* Not with write_locked(): what it cannot write it counts as lost. */
static void tell_losses(enum trail_loss cause, uint64_t from)
{
    uint64_t *told = &recorder.told_losses[cause];
    uint64_t lost = __atomic_load_n(&recorder.page.spare.lost[cause], __ATOMIC_RELAXED);
    struct trail_losses_info info = {.cause = cause};

    spin_lock(&recorder.registry_lock);
    if (lost > *told && lost >= from) {
        info.events = lost - *told;
        info.first_wall_ns = info.last_wall_ns = clock_wall_ns();
        if (write_record(encode_losses, &info) == 0)
            *told = lost;
    }
    spin_unlock(&recorder.registry_lock);
}

void registry_tell_losses(enum trail_loss cause)
{
    uint64_t *next = &recorder.next_losses[cause];
    uint64_t from = __atomic_load_n(next, __ATOMIC_RELAXED);
    uint64_t lost = __atomic_load_n(&recorder.page.spare.lost[cause], __ATOMIC_RELAXED);

    if (lost < from)
        return;
    __atomic_store_n(next, 2 * lost, __ATOMIC_RELAXED);
    tell_losses(cause, from);
}

/* What was lost stands in the statistics page; here only what a process without one has counted. */
void registry_finish(enum trail_finish reason, int status)
{
    struct finish_info finish = {reason, status};

    for (int cause = 1; cause < TRAIL_LOSS_CAUSES; cause++)
        tell_losses((enum trail_loss)cause, 0);
    write_locked(encode_finish, &finish);
    spin_lock(&recorder.registry_lock);
    trail_stream_close(&recorder.registry, true);
    spin_unlock(&recorder.registry_lock);
}
