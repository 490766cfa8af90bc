/*
 * format.h - the numbers of docs/trail-format.md, version 4, in one table of kinds for the encoder,
 * the decoder and the tests. Change the page first, then this, then the version.
 */
#ifndef TRAIL_FORMAT_H
#define TRAIL_FORMAT_H

#include "base/base.h"

#define TRAIL_MAGIC "BCTRAIL\n"
#define TRAIL_VERSION 4 /* what is written; older ones are read */
#define TRAIL_VERSION_OLDEST 1
#define TRAIL_VERSION_HEADS_3 3 /* from here on a CALL and a RETURN have heads of their own ... */
#define TRAIL_VERSION_HEADS 4   /* ... and from here on those below */
#define TRAIL_ENDIAN_LITTLE 1
#define TRAIL_RECORD_BYTES (64 * 1024)        /* no record is longer: a reader refuses more */
#define TRAIL_SYNC_MAGIC "SYNC\n\x1a\x7f\xf5" /* 8 bytes, not a string */
#define TRAIL_SYNC_DEPTH 1000                 /* innermost calls that a SYNC names */
#define TRAIL_SYNC_ELSEWHERE 0xFFFFFFFFu      /* in a SYNC's stack: a call of another stream */
#define TRAIL_VALUE_NESTING 48 /* values inside each other, enums and subclasses counted */
#define TRAIL_IDENTITY_BYTES 6 /* of an INSTANCE: any address that a process is given unasked */
#define TRAIL_LAYOUT_NAMES 64  /* of a LAYOUT, at most */
#define TRAIL_CALL_SEQ_BITS 40 /* call id = stream << 40 | seq */

/* Byte for byte the first 128 bytes of a segment. */
struct trail_header {
    uint8_t magic[8];
    uint16_t version;
    uint8_t endian;
    uint8_t word_size;
    uint32_t header_size;
    uint32_t stream;
    uint32_t index;
    uint64_t capacity;
    uint64_t committed; /* atomic: release by the writer, acquire by readers */
    uint32_t state;     /* enum trail_state, atomic likewise */
    uint32_t pid;
    uint8_t trace_id[16];
    uint64_t ticks;
    int64_t wall_ns;
    int64_t mono_ns;
    uint32_t clock_kind; /* enum clock_kind */
    uint32_t tick_shift;
    uint32_t tid;
    uint32_t python;
    uint8_t boot_id[16];
    uint64_t rate_hz;
};
_Static_assert(sizeof(struct trail_header) == 128, "the header is 128 bytes on disk");

enum trail_state { TRAIL_OPEN = 0, TRAIL_SEALED = 1, TRAIL_ENDED = 2 };

/* X(number, NAME): kinds of a thread stream's records. */
#define TRAIL_KINDS(X) \
    X(1, CALL)         \
    X(2, CALL_FROM)    \
    X(3, RETURN)       \
    X(4, YIELD)        \
    X(5, RESUME)       \
    X(6, RAISE)        \
    X(7, RERAISE)      \
    X(8, HANDLED)      \
    X(9, UNWIND)       \
    X(10, LINE)        \
    X(11, END_OF)      \
    X(12, SYNC)        \
    X(13, LOSS)        \
    X(14, EXTRA)       \
    X(15, END)

enum trail_kind {
#define X(number, name) TRAIL_##name = number,
    TRAIL_KINDS(X)
#undef X
};

/* The head of a record holds its time and its kind: the fewer bits the kind takes, the longer a time goes into one byte. A CALL,
 * before which the program did most, takes one bit; a RETURN, which comes soonest, two; every other kind six. A zero is none. */
#define TRAIL_HEAD_CALL 1u   /* the lowest bit */
#define TRAIL_HEAD_RETURN 2u /* the two lowest bits */
#define TRAIL_HEAD_CALL_BITS 1
#define TRAIL_HEAD_RETURN_BITS 2
#define TRAIL_HEAD_OTHER_BITS 6
#define TRAIL_HEAD_KIND_AT 2 /* any other kind: four bits above two zeros */
#define TRAIL_HEAD_KINDS 15u

enum {
    TRAIL_FROM_PARENT = 1,
    TRAIL_FROM_CALLER = 2,
    TRAIL_FROM_NO_PARENT = 4,
    TRAIL_FROM_LATE = 8,
};
enum { TRAIL_RESUME_THROWN = 1 };
enum {
    TRAIL_RAISE_FOREIGN = 1,
    TRAIL_RAISE_MORE_FRAMES = 2,
    TRAIL_RAISE_CONTEXT = 4,
    TRAIL_RAISE_IS_CAUSE = 8,
};
enum trail_end_of {
    TRAIL_END_RETURNED = 0,
    TRAIL_END_RAISED = 1,
    TRAIL_END_CLOSED = 2,
    TRAIL_END_UNSEEN = 3,
};
enum { TRAIL_EXTRA_TASK = 1, TRAIL_EXTRA_THINNED = 2, TRAIL_EXTRA_LINE = 3 };

/* A call, as records name it: back > 0 is call number last - (back - 1) of the same stream, where last is that of the
 * stream's latest CALL; back = 0: the two below say which. */
struct trail_ref {
    uint64_t back;
    uint64_t stream;
    uint64_t seq;
};

enum trail_loss {
    TRAIL_LOSS_QUOTA = 1,
    TRAIL_LOSS_DISK_FULL = 2,
    TRAIL_LOSS_THREAD_TABLE = 3,
    TRAIL_LOSS_VALUE_BUDGET = 4,
    TRAIL_LOSS_UNREACHABLE = 5,
    TRAIL_LOSS_TOO_LARGE = 6,
    TRAIL_LOSS_DAMAGE = 7,
    TRAIL_LOSS_MEMORY = 8,
    TRAIL_LOSS_STACK = 9,
    TRAIL_LOSS_FUNCTIONS = 10,
    TRAIL_LOSS_CAUSES = 11, /* one past the last */
};

/* X(number, NAME): kinds of the registry's records. */
#define TRAIL_REGISTRY_KINDS(X) \
    X(1, PROCESS)               \
    X(2, CODE)                  \
    X(3, TYPE)                  \
    X(4, THREAD)                \
    X(5, CLOCK)                 \
    X(6, LOSSES)                \
    X(7, FINISH)                \
    X(8, NOTE)                  \
    X(9, LAYOUT)                \
    X(10, CHILD)

enum trail_registry_kind {
#define X(number, name) TRAIL_REG_##name = number,
    TRAIL_REGISTRY_KINDS(X)
#undef X
};

enum trail_code_flags {
    TRAIL_CODE_ASYNC = 1,
    TRAIL_CODE_GENERATOR = 2,
    TRAIL_CODE_VARARGS = 4,
    TRAIL_CODE_VARKEYWORDS = 8,
    TRAIL_CODE_NOT_TRACED = 16,
    TRAIL_CODE_LIBRARY = 32,
    TRAIL_CODE_STDLIB = 64,
};

enum trail_finish {
    TRAIL_FINISH_EXIT = 1,
    TRAIL_FINISH_EXEC,
    TRAIL_FINISH__EXIT,
    TRAIL_FINISH_SHUTDOWN,
    TRAIL_FINISH_NOT, /* the exec() that was told of before has failed */
};

/* What a CHILD record tells of a forked child. */
enum trail_child {
    TRAIL_CHILD_BEGAN = 0,
    TRAIL_CHILD_EXITED = 1,   /* with this status */
    TRAIL_CHILD_SIGNALED = 2, /* by this signal */
};

#define TRAIL_NOTE_BEGAN \
    "process_began_ns" /* key of a NOTE: when the process was started, wall_ns */
#define TRAIL_NOTE_ABOVE \
    "process_above" /* key of a NOTE: the pids above its parent's, nearest first: "12,7" */
#define TRAIL_NOTE_LEFT \
    "process_left" /* key of a NOTE: the children that live on when it ends: "12,7" */

/* X(number, NAME): tags of values below 0x40; above are the short ints. */
#define TRAIL_TAGS(X)   \
    X(0x01, NONE)       \
    X(0x02, TRUE)       \
    X(0x03, FALSE)      \
    X(0x04, UNSET)      \
    X(0x05, FLOAT)      \
    X(0x06, COMPLEX)    \
    X(0x07, BIGINT)     \
    X(0x08, BIGINT_CUT) \
    X(0x09, STR)        \
    X(0x0a, STR_CUT)    \
    X(0x0b, BYTES)      \
    X(0x0c, BYTES_CUT)  \
    X(0x0d, LIST)       \
    X(0x0e, TUPLE)      \
    X(0x0f, SET)        \
    X(0x10, FROZENSET)  \
    X(0x11, DICT)       \
    X(0x12, OBJECT)     \
    X(0x13, SUBCLASS)   \
    X(0x14, ENUM)       \
    X(0x15, TEXTUAL)    \
    X(0x16, FUNCTION)   \
    X(0x17, CLASS)      \
    X(0x18, MODULE)     \
    X(0x19, CYCLE)      \
    X(0x1a, DEPTH)      \
    X(0x1b, ARRAY)      \
    X(0x1c, REPR)       \
    X(0x1d, REDACTED)   \
    X(0x1e, FAILED)     \
    X(0x1f, BUDGET)     \
    X(0x20, TYPE_ONLY)  \
    X(0x21, OMITTED)    \
    X(0x22, INT64)      \
    X(0x23, ELLIPSIS)   \
    X(0x24, EXCEPTION)  \
    X(0x25, INSTANCE)

enum trail_tag {
    TRAIL_TAG_INT6 = 0x40,
    TRAIL_TAG_INT14 = 0x80,
    TRAIL_TAG_INT21 = 0xc0,
    TRAIL_TAG_INT28 = 0xe0,
#define X(number, name) TRAIL_TAG_##name = number,
    TRAIL_TAGS(X)
#undef X
};

/* ---- signed numbers ---- */

static inline uint64_t trail_zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t trail_unzigzag(uint64_t z)
{
    return (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
}

#endif
