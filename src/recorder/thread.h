/*
 * thread.h - one thread's recording: its stream, its shadow stack, its exceptions.
 *
 * A struct rec_thread belongs to the thread that made it; nobody else reads it. It is mapped, not malloc'ed, so that
 * the recorder works inside a program whose allocator is being watched or is out of memory. The shadow stack pairs by
 * the identity of frames: a return is that of the call whose frame it is, and of no other.
 */
#ifndef RECORDER_THREAD_H
#define RECORDER_THREAD_H

#include "base/base.h"
#include "trail/page.h"
#include "trail/writer.h"

/* Units of a clock that is a register are 2^this ticks: of the TSC, at 2 to 4 GHz, 2 to 4 ns. Then the time since the event before
 * takes one byte up to 200 ns before a call and 100 ns before a return, which is how far the events of short calls are apart. */
#if defined(__x86_64__)
#define REC_REGISTER_SHIFT 3
#else
#define REC_REGISTER_SHIFT 0
#endif

#define REC_QUICK_BYTES 256 /* that a record of the shortest way may take */
#define REC_RECENT 8        /* exceptions remembered, to know one again when it is raised again */

/* One open call. Times are ticks. */
struct rec_frame {
    uintptr_t frame; /* the interpreter's frame; 0: the bottom */
    uint64_t call;   /* stream << 40 | seq; 0: this call is not recorded */
    uint64_t start;
    uint64_t since; /* when it came onto the stack: start, or when it was resumed */
    /* A timed call: time in calls within and in suspensions. A recorded one: time of its direct calls that were not recorded. */
    uint64_t child;
    struct trail_slot *slot; /* Borrowed: not recorded, but timed into this; else NULL */
    /* A recorded call: so many direct calls were timed only; and REC_ENTERS, REC_SECRET. */
    uint64_t thinned;
    uint32_t code;   /* its number in the registry */
    uint32_t before; /* with REC_ENTERS: the task that the thread goes back to */
};

/* In rec_frame.thinned: with this call the thread came into another asyncio task. Here, because whoever ends a call looks at that
 * anyway. */
#define REC_ENTERS (UINT64_C(1) << 63)
/* Likewise: by the function's name, what it returns is a secret. */
#define REC_SECRET (UINT64_C(1) << 62)

struct rec_exception {
    const void *object; /* identity only, never read: the object may be gone */
    const void *tail;   /* newest traceback entry seen: identity only */
    uint64_t number;    /* in this stream */
    bool flying;        /* raised and not handled since */
    bool
        away; /* before 3.12: flying in code that is not recorded, which does not tell what it makes of it */
};

struct rec_thread {
    /* What each event touches stands together. */
    struct trail_stream stream;
    uint8_t *
        quick_limit; /* where a record of the shortest way may begin at the latest; NULL: there is no such way */
    uint64_t at;        /* ticks of the last record, as far as its units tell them: whole units */
    uint64_t now;       /* the same of a record of the shortest way that is being written */
    uint64_t last_call; /* of the newest CALL, as rec_frame.call has it; seq 0: there was none */
    struct rec_frame *top; /* newest open call; == stack when there is none */
    struct rec_frame *stack_end;
    struct rec_frame *stack; /* Owned mapping; stack[0] is the bottom, not a call */
    uint8_t *limit;          /* records may be written up to here; then rec_thread_make_room() */
    uint8_t *synced;         /* behind the last SYNC */
    enum clock_kind clock;
    uint32_t shift;
    uint64_t last_exception;
    struct rec_exception recent[REC_RECENT]; /* newest first */
    uint64_t line_call; /* the call of the newest LINE since the newest SYNC; 0: none */
    int64_t line;       /* and its line */
    uint64_t random;    /* state of the sampling generator */
    uint32_t task;      /* the asyncio task as it was told last; 0: none */
    bool busy;          /* a record is being written: the hook lets nested calls pass (3.11) */
    uint64_t retry_at;  /* ticks: until then no segment is asked for */
    enum trail_loss full_for; /* why there was none */
    struct rec_thread *next;  /* in recorder.threads */
};

/* This thread's recording, or NULL before its first event. Initial-exec TLS: one load (CPython loads us by dlopen,
 * and the static TLS surplus has room for one pointer). */
extern __thread struct rec_thread *rec_self __attribute__((tls_model("initial-exec")));

/* Makes (or, in a forked child, makes again) this thread's recording. NULL when the recorder is off, or when it cannot:
 * rec_thread_refused() says why, and the caller counts what is lost. */
struct rec_thread *rec_thread_make(void);
enum trail_loss rec_thread_refused(void);
/* What a negative errno of the trail counts as; -EOVERFLOW stands for the quota. */
enum trail_loss rec_cause_of(int error);

static inline struct rec_thread *recorder_thread(void)
{
    struct rec_thread *t = rec_self;

    return LIKELY(t != NULL) ? t : rec_thread_make();
}

/* Is the shortest way open from here on, to all threads? At first it is. With the GIL held. */
void rec_threads_open_quick(bool open);

/* After an overflow: a SYNC in this segment or a new segment. False when neither can be, for t->full_for: the caller counts
 * what is lost. `units` and the like must be taken again afterwards. */
bool rec_thread_make_room(struct rec_thread *t);
/* Was it refused so shortly ago that it will not ask again yet? */
bool rec_thread_is_refused(const struct rec_thread *t);
/* The same for records of a few bytes that say what becomes of a call that is recorded (END_OF, YIELD, RESUME, UNWIND): each
 * segment keeps room for some hundred of them, so that a full disk does not leave calls without their end. After the
 * record, _settle. */
bool rec_thread_make_small_room(struct rec_thread *t);
void rec_thread_settle(struct rec_thread *t);
/* Doubles the shadow stack. False: the ceiling is reached or memory is out (counted: the call's end will not be seen). */
bool rec_thread_grow_stack(struct rec_thread *t);
/* Is a call of this code open, or suspended, in any thread? With the GIL held only: it looks at other threads' stacks. */
bool rec_code_is_open(uint32_t code);
/* Ends the stream and frees the recording. At a thread's own end its TLS destructor ends it, and leaves the freeing to
 * _sweep, which any thread may call at any time. */
void rec_thread_close(struct rec_thread *t);
void rec_threads_sweep(void);
/* In a forked child: drops the parent's mappings without a word. */
void rec_thread_forget(struct rec_thread *t);

#endif
