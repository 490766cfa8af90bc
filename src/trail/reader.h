/*
 * reader.h - the reading half of a trail: segments, records, values. Never trusts a byte.
 *
 * Host only. Nothing here prints or exits; damage is an answer. All pointers in records and values
 * are Borrowed from the mapped segment and live as long as it is open. A cursor belongs to one
 * thread; different segments may be read by different threads.
 */
#ifndef TRAIL_READER_H
#define TRAIL_READER_H

#include "base/base.h"
#include "trail/format.h"

/* ---- segments ---------------------------------------------------------------------------- */

enum trail_open {
    TRAIL_OPENED = 0,
    TRAIL_MISSING = -1, /* no such file */
    TRAIL_SHORT =
        -2, /* shorter than a header, or its magic is still zero: being made just now, or cut */
    TRAIL_GARBAGE = -3,    /* not a segment, or its header contradicts itself */
    TRAIL_FOREIGN = -4,    /* another version, byte order or word size: left alone */
    TRAIL_UNREADABLE = -5, /* errno says why */
};

struct trail_segment {
    const struct trail_header *header; /* Owned mapping, read-only */
    size_t size;                       /* of the file = of the mapping */
};

/* Opens "<dir>/registry.<index>" (stream 0) or "<dir>/thread-<stream>.<index>". */
int trail_segment_open(struct trail_segment *seg, const char *dir, uint32_t stream, uint32_t index);
/* The same for bytes in memory (tests, fuzzing); nothing is owned then: do not close. */
int trail_segment_wrap(struct trail_segment *seg, const void *bytes, size_t size);
void trail_segment_close(struct trail_segment *seg);
/* Loads state, then committed (acquire), clamped to the file's size. */
uint64_t trail_segment_committed(const struct trail_segment *seg, enum trail_state *ret_state);

/* Is the process of this folder alive? 1 yes, 0 no (also when `alive` is missing), negative errno if unknown. */
int trail_dir_alive(const char *dir);
/* Calls visit for each stream of the folder: number, first and last segment index present, total bytes. Stops at
 * the first non-zero return and returns it; negative errno when the folder cannot be read. */
typedef int trail_stream_visit(void *ctx, uint32_t stream, uint32_t first, uint32_t last,
                               uint64_t bytes);
int trail_dir_streams(const char *dir, trail_stream_visit *visit, void *ctx);

/* ---- thread streams ---------------------------------------------------------------------- */

/* How many values follow a CALL: what the reader must know of the registry. A code is committed there before the first
 * record that uses it: so ask a segment for its `committed` first, then read the registry, then the segment. */
struct trail_arity {
    const uint16_t *nargs; /* Borrowed: by code id; UINT16_MAX: no such code */
    size_t ncodes;
};

struct trail_cursor {
    const uint8_t *base;             /* the segment's first byte */
    const uint8_t *p;                /* next record */
    const uint8_t *end;              /* one past the last committed byte */
    uint64_t units;                  /* time of the last record, units since the segment's ticks */
    const struct trail_arity *arity; /* Borrowed */
    unsigned version;                /* of the segment */
};

struct trail_bytes {
    const uint8_t *data;
    size_t len;
};

/* Only the fields that the comments name for its kind are set (and kind, units); others are left as they were. */
struct trail_record {
    enum trail_kind kind;
    uint64_t units;       /* since the segment's ticks, in 2^tick_shift ticks */
    uint64_t flags;       /* CALL_FROM, RESUME, RAISE; EXTRA: the subkind */
    uint64_t code;        /* CALL*, HANDLED, LOSS */
    uint64_t at;          /* CALL, HANDLED, CALL_FROM with flag 2: position + 1 or 0 as stored */
    uint64_t caller_code; /* CALL_FROM with flag 2 */
    struct trail_ref ref; /* CALL_FROM with flag 1, RESUME, END_OF */
    /* RERAISE: back; LOSS: events; END_OF: outcome; RAISE: context; TASK: task; THINNED: calls; CALL_FROM with flag 8: units since
     * it began, else 0 */
    uint64_t number;
    uint64_t number2;   /* LOSS: cause; TASK: parent task; THINNED: units */
    int64_t line_delta; /* LINE, EXTRA LINE */
    uint64_t type;      /* RAISE */
    struct trail_bytes
        text; /* RAISE: message; EXTRA: payload; TASK: the task's name, empty: not told */
    struct trail_bytes values; /* CALL*, RETURN, END_OF, EXTRA LINE: the encoded values, checked */
    uint64_t nvalues;
    struct trail_bytes list; /* RAISE: nframes pairs of uv; SYNC: depth numbers */
    uint64_t nlist;
    uint64_t sync_ticks, sync_last_call, sync_last_exception; /* SYNC */
};

/* Starts at `offset` (header_size, or where the last reader stopped with its `units`). */
void trail_cursor_init(struct trail_cursor *c, const struct trail_segment *seg, uint64_t offset,
                       uint64_t units, uint64_t committed, const struct trail_arity *arity);
/* 1: a record; 0: the end of what is committed; -1: not valid here (the cursor has not moved). */
int trail_cursor_next(struct trail_cursor *c, struct trail_record *ret_record);
/* After -1: moves to the next valid SYNC record and returns the bytes skipped (> 0), or 0 and moves to the end
 * when there is none. */
size_t trail_cursor_resync(struct trail_cursor *c);
/* Takes one uv off a list of frames or of a SYNC's stack; false at its end. */
bool trail_list_next(struct trail_bytes *list, uint64_t *ret_number);

/* ---- the registry ------------------------------------------------------------------------ */

#define TRAIL_REG_TEXTS 8

struct trail_registry_record {
    enum trail_registry_kind kind;
    uint64_t
        id; /* CODE, TYPE, LAYOUT: id; THREAD: stream; LOSSES: cause; FINISH: reason; CHILD: what */
    uint64_t flags;                                         /* CODE */
    uint64_t first_line;                                    /* CODE */
    uint64_t npositional_only, nkeyword_only, table_format; /* CODE */
    uint64_t n;               /* CODE: nargs; PROCESS: argc; LAYOUT: names */
    struct trail_bytes list;  /* CODE, LAYOUT: names; PROCESS: argv: n x text (trail_text_next) */
    struct trail_bytes table; /* CODE */
    uint64_t pid, ppid;       /* PROCESS; CHILD: pid */
    uint8_t run_id[16], parent_trace_id[16]; /* PROCESS */
    uint64_t tid, ident;                     /* THREAD; LOSSES: code, events */
    uint64_t ticks;                          /* CLOCK */
    int64_t wall_ns, mono_ns;                /* THREAD, CLOCK, FINISH, CHILD; LOSSES: first, last */
    int64_t status;                          /* FINISH; CHILD: status or signal */
    uint64_t type;                           /* LAYOUT */
    struct trail_bytes text[TRAIL_REG_TEXTS];
    /* PROCESS: python version, breadcrumb version, host, executable, cwd, settings;
     * CODE: qualified name, module, file; TYPE: module, qualified name; THREAD: name; NOTE: key, value */
};

/* As trail_cursor_next, for segments of stream 0 (arity is not used). Unknown kinds are skipped silently. A registry
 * record that is not valid inside its stated length is skipped too: -1, and the cursor HAS moved past it if its length
 * made sense, else to the end of the segment. */
int trail_registry_next(struct trail_cursor *c, struct trail_registry_record *ret_record);
bool trail_text_next(struct trail_bytes *list, struct trail_bytes *ret_text);

/* ---- values ------------------------------------------------------------------------------ */

/* One node of a value; its children follow in the same bytes. */
struct trail_value {
    enum trail_tag tag;     /* all short ints come as TRAIL_TAG_INT64 */
    int64_t integer;        /* INT64 */
    double real, imaginary; /* FLOAT, COMPLEX */
    uint64_t negative;      /* BIGINT, BIGINT_CUT: sign; ELLIPSIS: which */
    /* *_CUT, containers, OBJECT, DEPTH, REPR: original size or count; BIGINT_CUT: bits; CYCLE: up */
    uint64_t original;
    /* OBJECT, SUBCLASS, ENUM, TEXTUAL, DEPTH, ARRAY, REPR, TYPE_ONLY, EXCEPTION; INSTANCE: the layout */
    uint64_t type;
    uint64_t identity; /* OBJECT, EXCEPTION, INSTANCE */
    uint64_t n;        /* children kept: items, pairs or attributes (ARRAY: leading elements) */
    uint64_t ndim;     /* ARRAY */
    struct trail_bytes shape; /* ARRAY: ndim x uv (trail_list_next) */
    /* STR*, BYTES*, BIGINT magnitude, TEXTUAL, ENUM name, REPR, EXCEPTION message, ARRAY dtype, MODULE;
     * FUNCTION, CLASS: module */
    struct trail_bytes text;
    struct trail_bytes name; /* FUNCTION, CLASS: qualified name */
};

/* Takes one node's own fields off *bytes (not its children, which the caller takes next: LIST.. n values; DICT n x 2;
 * OBJECT, EXCEPTION n x (text, value): names by trail_text_next; SUBCLASS: one value, then `uv n` (trail_list_next),
 * then n x (text, value); ENUM: one value; ARRAY: n values; INSTANCE: n values, named by its layout). False: not valid. */
bool trail_value_next(struct trail_bytes *bytes, struct trail_value *ret_value);
/* Steps over one whole value, its children included; false if it is not valid or nests too deep. */
bool trail_value_skip(struct trail_bytes *bytes);

#endif
