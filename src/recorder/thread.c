/* thread.c - see thread.h: the slow half of a thread's recording. */
#include "base/base.h"

#include "recorder/thread.h"

#include "base/spin.h"
#include "recorder/event.h"
#include "recorder/quota.h"
#include "recorder/recorder.h"
#include "recorder/registry.h"
#include "recorder/suspended.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIRST_STACK 128       /* entries: two pages */
#define SYNC_ROOM (16 * 1024) /* more than the longest SYNC needs */
#define RETRY_MS 100          /* after a failure that needs a system call to try again */
#define RESERVE_BYTES \
    4096 /* of each segment, for the ends of calls where nothing else fits any more */

__thread struct rec_thread *rec_self;
/* Ticks until which this thread does not try again to make its stream; 0: it may. */
static bool no_quick; /* see rec_threads_open_quick() */
static __thread uint64_t retry_at __attribute__((tls_model("initial-exec")));
static __thread enum trail_loss refused_for
    __attribute__((tls_model("initial-exec"))); /* and why it has none */
static pthread_key_t closing_key;
static pthread_once_t closing_once = PTHREAD_ONCE_INIT;

static void close_at_thread_end(void *thread);

static void make_closing_key(void)
{
    pthread_key_create(&closing_key, close_at_thread_end);
}

enum trail_loss rec_cause_of(int error)
{
    switch (-error) {
    case EOVERFLOW:
        return TRAIL_LOSS_QUOTA;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return TRAIL_LOSS_DISK_FULL;
    case EMSGSIZE:
        return TRAIL_LOSS_TOO_LARGE;
    case ENOMEM:
        return TRAIL_LOSS_MEMORY;
    default:
        return TRAIL_LOSS_UNREACHABLE;
    }
}

/* Bytes that the quota leaves, of the `more` that are wanted at most. */
static uint64_t within_quota(uint64_t more)
{
    return quota_room(&recorder.quota, recorder.config.run_folder, recorder.config.quota,
                      __atomic_load_n(&recorder.dir.bytes, __ATOMIC_RELAXED), more);
}

static void set_limit(struct rec_thread *t, uint8_t *limit)
{
    t->limit = limit;
    t->quick_limit = !no_quick && clock_is_register(t->clock) ? limit - REC_QUICK_BYTES : NULL;
}

/* Takes over the stream's current segment: its clock base and its room. */
static void adopt_segment(struct rec_thread *t)
{
    quota_made(&recorder.quota);
    t->at = t->stream.header->ticks;
    t->synced = t->stream.next;
    set_limit(t, t->stream.end - RESERVE_BYTES);
}

static void put_stack(struct rec_thread *t, struct trail_out *out, uint64_t depth)
{
    struct rec_frame *f = t->top;

    /* Find the first of the innermost `depth` recorded calls, then go outwards in. */
    for (uint64_t n = depth; n > 0; f--)
        if (f->call != 0)
            n--;
    for (f++; f <= t->top; f++) {
        if (f->call == 0)
            continue;
        if (f->call >> TRAIL_CALL_SEQ_BITS == t->stream.stream)
            trail_put_uv(out, t->last_call - f->call);
        else
            trail_put_uv(out, TRAIL_SYNC_ELSEWHERE);
    }
}

/* A SYNC at the current place; records may then follow for LIMIT_SYNC_INTERVAL_BYTES. */
static bool write_sync(struct rec_thread *t)
{
    struct rec_writing w;
    struct trail_sync sync = {0};

    set_limit(t, t->stream.end - RESERVE_BYTES);
    w = rec_begin(t);
    for (struct rec_frame *f = t->top; f > t->stack && sync.depth < TRAIL_SYNC_DEPTH; f--)
        if (f->call != 0)
            sync.depth++;
    sync.segment = t->stream.header;
    sync.ticks = t->at + (w.units << t->shift);
    sync.last_call = rec_seq(t->last_call);
    sync.last_exception = t->last_exception;
    trail_encode_sync(&w.out, w.units, &sync);
    put_stack(t, &w.out, sync.depth);
    if (!rec_commit(t, &w))
        return false;
    if (t->task != 0) { /* who starts to read here has to know */
        w = rec_begin(t);
        trail_encode_task(&w.out, w.units, &(struct trail_task){.number = t->task});
        rec_commit(t, &w);
    }
    t->synced = t->stream.next;
    t->line_call = 0;
    if ((size_t)(t->limit - t->synced) > LIMIT_SYNC_INTERVAL_BYTES)
        set_limit(t, t->synced + LIMIT_SYNC_INTERVAL_BYTES);
    return true;
}

/* There is no room: says so in the page, and when to ask again. */
static void note_no_room(int error)
{
    enum trail_loss cause = rec_cause_of(error);
    struct trail_page_header *h;

    if ((cause != TRAIL_LOSS_QUOTA && cause != TRAIL_LOSS_DISK_FULL) ||
        !quota_overflow(&recorder.quota, cause))
        return;
    trail_page_any(&recorder.page); /* makes it */
    h = recorder.page.header;
    if (h == NULL)
        return;
    __atomic_store_n(&h->overflows, recorder.quota.overflows, __ATOMIC_RELAXED);
    __atomic_store_n(&h->stopped, recorder_stopped() != 0, __ATOMIC_RELAXED);
}

/* An eighth of the quota at most: the segment that is being written stays where it is when all others are ingested, and must
 * not keep half of the quota in use by itself. */
static uint64_t largest_segment(void)
{
    uint64_t share = recorder.config.quota / 8;

    if (share == 0 || share > LIMIT_SEGMENT_BYTES)
        return LIMIT_SEGMENT_BYTES;
    return share > LIMIT_SEGMENT_FIRST_BYTES ? share : LIMIT_SEGMENT_FIRST_BYTES;
}

/* The next segment, as large as the quota allows. 0 or why there is none. */
static int roll(struct rec_thread *t)
{
    uint64_t most;
    int error;

    rec_threads_sweep(); /* what they give back is room */
    most = within_quota(largest_segment());
    error =
        most >= LIMIT_SEGMENT_FIRST_BYTES ? trail_stream_roll_within(&t->stream, most) : -EOVERFLOW;

    if (error == 0)
        adopt_segment(t);
    return error;
}

/* No segment for now: what is left of this one goes to calls that are recorded already. */
static bool be_full(struct rec_thread *t, enum trail_loss cause)
{
    uint8_t *p = t->stream.next;

    t->retry_at = clock_ticks(t->clock) + recorder_ticks(RETRY_MS);
    t->full_for = cause;
    if (p < t->limit)
        set_limit(t, p);
    return false;
}

bool rec_thread_make_room(struct rec_thread *t)
{
    uint8_t *p = t->stream.next;
    size_t left = (size_t)(t->stream.end - p);
    int error;

    if (t->retry_at != 0) { /* the disk was full a moment ago: do not ask it at every event */
        if (rec_thread_is_refused(t))
            return false;
        t->retry_at = 0;
        p = NULL; /* what was kept back is not offered again */
    } else if (recorder_stopped()) {
        return be_full(t, recorder_stopped());
    }
    if (p == t->synced && left >= LIMIT_RECORD_BYTES + RESERVE_BYTES) {
        t->full_for = TRAIL_LOSS_TOO_LARGE;
        return false;
    }
    if (p != NULL && left >= LIMIT_RECORD_BYTES + SYNC_ROOM)
        return write_sync(t);
    error = roll(t);
    if (error == 0)
        return write_sync(t);
    /* What the distance of SYNCs has cut off can still be used. */
    if (p != NULL && p != t->synced && left >= SYNC_ROOM + RESERVE_BYTES)
        return write_sync(t);
    note_no_room(error);
    return be_full(t, rec_cause_of(error));
}

bool rec_thread_is_refused(const struct rec_thread *t)
{
    return t->retry_at != 0 && (recorder_stopped() || clock_ticks(t->clock) < t->retry_at);
}

bool rec_thread_make_small_room(struct rec_thread *t)
{
    if (rec_thread_make_room(t))
        return true;
    if (t->limit == t->stream.end)
        return false;
    set_limit(t, t->stream.end);
    return true;
}

void rec_thread_settle(struct rec_thread *t)
{
    uint8_t *p = t->stream.next;

    if (t->limit == t->stream.end)
        set_limit(t, t->retry_at != 0 || p > t->stream.end - RESERVE_BYTES
                         ? p
                         : t->stream.end - RESERVE_BYTES);
}

bool rec_thread_grow_stack(struct rec_thread *t)
{
    size_t capacity = (size_t)(t->stack_end - t->stack);
    size_t depth = (size_t)(t->top - t->stack);
    void *p = MAP_FAILED;

    if (capacity < LIMIT_SHADOW_STACK)
        p = mremap(t->stack, capacity * sizeof(*t->stack), 2 * capacity * sizeof(*t->stack),
                   MREMAP_MAYMOVE);
    if (p == MAP_FAILED) {
        recorder_lose(TRAIL_LOSS_STACK, 1);
        return false;
    }
    t->stack = p;
    t->top = t->stack + depth;
    t->stack_end = t->stack + 2 * capacity;
    return true;
}

static void *map_zeroed(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static void free_memory(struct rec_thread *t)
{
    if (t->stack != NULL)
        munmap(t->stack, (size_t)(t->stack_end - t->stack) * sizeof(*t->stack));
    munmap(t, sizeof(*t));
}

/* The THREAD record: what its name is and when it began. */
static void introduce(struct rec_thread *t)
{
    char name[LIMIT_NAME_BYTES];
    struct trail_thread_info info = {0};

    if (t->stream.stream > LIMIT_THREAD_NAMES)
        return;
    info.stream = t->stream.stream;
    info.tid = t->stream.tid;
    info.name.bytes = name;
    if (recorder.config.describe_thread != NULL)
        info.name.len = recorder.config.describe_thread(name, sizeof(name), &info.ident);
    info.wall_ns = clock_wall_ns();
    registry_add_thread(&info);
}

static struct rec_thread *give_up(struct rec_thread *t, enum trail_loss cause)
{
    if (t != NULL)
        free_memory(t);
    retry_at = clock_ticks(recorder.dir.clock) + recorder_ticks(RETRY_MS);
    refused_for = cause;
    return NULL;
}

enum trail_loss rec_thread_refused(void)
{
    return refused_for;
}

/* ---- all threads ------------------------------------------------------------------------- */

static void enlist(struct rec_thread *t)
{
    spin_lock(&recorder.threads_lock);
    t->next = recorder.threads;
    recorder.threads = t;
    spin_unlock(&recorder.threads_lock);
}

static void strike_off(struct rec_thread *t)
{
    spin_lock(&recorder.threads_lock);
    for (struct rec_thread **at = &recorder.threads; *at != NULL; at = &(*at)->next) {
        if (*at == t) {
            *at = t->next;
            break;
        }
    }
    spin_unlock(&recorder.threads_lock);
}

void rec_threads_open_quick(bool open)
{
    no_quick = !open;
    spin_lock(&recorder.threads_lock);
    for (struct rec_thread *t = recorder.threads; t != NULL; t = t->next)
        set_limit(t, t->limit);
    spin_unlock(&recorder.threads_lock);
}

bool rec_code_is_open(uint32_t code)
{
    bool open = suspended_has(code);

    spin_lock(&recorder.threads_lock);
    for (struct rec_thread *t = recorder.threads; t != NULL && !open; t = t->next)
        for (struct rec_frame *f = t->top; f > t->stack && !open; f--)
            open = f->code == code;
    spin_unlock(&recorder.threads_lock);
    return open;
}

/* ---- life -------------------------------------------------------------------------------- */

struct rec_thread *rec_thread_make(void)
{
    struct rec_thread *t;
    uint32_t stream;
    int error;

    if (!recorder_ready())
        return NULL;
    if (retry_at != 0 && (recorder_stopped() || clock_ticks(recorder.dir.clock) < retry_at))
        return NULL;
    retry_at = 0;
    rec_threads_sweep();
    stream = __atomic_add_fetch(&recorder.next_stream, 1, __ATOMIC_RELAXED);
    if (stream > LIMIT_THREADS) {
        __atomic_sub_fetch(&recorder.next_stream, 1, __ATOMIC_RELAXED);
        return give_up(NULL, TRAIL_LOSS_THREAD_TABLE);
    }
    t = map_zeroed(sizeof(*t));
    if (t == NULL)
        return give_up(NULL, TRAIL_LOSS_MEMORY);
    t->stack = map_zeroed(FIRST_STACK * sizeof(*t->stack));
    if (t->stack == NULL)
        return give_up(t, TRAIL_LOSS_MEMORY);
    t->stack_end = t->stack + FIRST_STACK;
    t->top = t->stack;
    error =
        within_quota(LIMIT_SEGMENT_FIRST_BYTES) == LIMIT_SEGMENT_FIRST_BYTES
            ? trail_stream_open(&t->stream, &recorder.dir, stream, (uint32_t)syscall(SYS_gettid))
            : -EOVERFLOW;
    if (error < 0) {
        note_no_room(error);
        return give_up(t, rec_cause_of(error));
    }
    t->clock = recorder.dir.clock;
    t->shift = recorder.dir.tick_shift;
    t->last_call = (uint64_t)stream << TRAIL_CALL_SEQ_BITS;
    t->random =
        (recorder.config.seed != 0 ? recorder.config.seed
                                   : recorder.dir.pid + (uint64_t)recorder.born.wall_ns) +
        stream *
            UINT64_C(0xd1342543de82ef95); /* streams of one seed must not be shifts of each other */
    adopt_segment(t);
    write_sync(t);
    introduce(t);
    pthread_once(&closing_once, make_closing_key);
    pthread_setspecific(closing_key, t);
    enlist(t);
    rec_self = t;
    return t;
}

static void write_end(struct rec_thread *t)
{
    struct rec_writing w;

    strike_off(t);
    set_limit(t, t->stream.end);
    w = rec_begin(t);
    trail_encode_end(&w.out, w.units);
    rec_commit(t, &w);
    rec_self = NULL;
}

static void let_go(struct rec_thread *t)
{
    trail_stream_close(&t->stream, true);
    free_memory(t);
}

/* The thread is on its way out, and Python 3.12 takes it for joined by now: who forks in that moment is warned that a thread is
 * running still. System calls made that moment long enough for nine forks of ten to hit it, untraced one of ten does. So they are
 * left to the next thread, the next segment or the end. */
static void close_at_thread_end(void *thread)
{
    struct rec_thread *t = thread;

    write_end(t);
    spin_lock(&recorder.threads_lock);
    t->next = recorder.ended;
    __atomic_store_n(&recorder.ended, t, __ATOMIC_RELAXED);
    spin_unlock(&recorder.threads_lock);
}

void rec_threads_sweep(void)
{
    struct rec_thread *t, *next;

    if (__atomic_load_n(&recorder.ended, __ATOMIC_RELAXED) == NULL)
        return;
    spin_lock(&recorder.threads_lock);
    t = recorder.ended;
    __atomic_store_n(&recorder.ended, NULL, __ATOMIC_RELAXED);
    spin_unlock(&recorder.threads_lock);
    for (; t != NULL; t = next) {
        next = t->next;
        let_go(t);
    }
}

void rec_thread_close(struct rec_thread *t)
{
    write_end(t);
    let_go(t);
    pthread_setspecific(closing_key, NULL);
}

void rec_thread_forget(struct rec_thread *t)
{
    trail_stream_forget(&t->stream);
    free_memory(t);
    rec_self = NULL;
    retry_at = 0;
    pthread_setspecific(closing_key, NULL);
}
