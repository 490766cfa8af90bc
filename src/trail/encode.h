/*
 * encode.h - puts whole records of docs/trail-format.md; out.h puts the pieces.
 *
 *     trail_encode_call(&out, units, code, at);     // everything but the values ...
 *     value_put(&out, argument, &limits);           // ... which follow, one for each argument
 *
 * `units` is the time since the record before it in this segment, in 2^tick_shift ticks. It is exact, and never runs
 * against a SYNC, if the caller keeps `seen` = the units of its last record since the segment's header (0 after a
 * roll) and computes
 *     now = ticks > header->ticks ? (ticks - header->ticks) >> tick_shift : 0;  units = now > seen ? now - seen : 0;
 * (A roll samples the header's ticks after the event's own were read, so ticks can be the smaller.)
 * Where a record does not fit, out->overflow is set and nothing of it may be committed. Guest code: calls libc's
 * memcpy at most, allocates nothing, any thread with its own `out`. Pointers in the structs are Borrowed for the call.
 */
#ifndef TRAIL_ENCODE_H
#define TRAIL_ENCODE_H

#include "base/base.h"
#include "base/uuid.h"
#include "trail/format.h"
#include "trail/out.h"

#define TRAIL_UV_MAX 10 /* bytes of the longest uv */

/* ---- thread streams ---------------------------------------------------------------------- */

/* Writes a uv without a check: the caller has made sure of TRAIL_UV_MAX bytes. Returns the next place. */
static inline uint8_t *trail_uv_at(uint8_t *p, uint64_t v)
{
    while (UNLIKELY(v >= 0x80)) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

/* A head of 1 << 7 to 1 << 14, below it. */
static inline uint8_t *trail_two_bytes_at(uint8_t *p, uint32_t head)
{
    uint16_t bytes = (uint16_t)(head + (head & ~0x7fu) + 0x80); /* above 7 bits: one bit up */

    memcpy(p, &bytes, sizeof(bytes)); /* little-endian, as every host we build for */
    return p + 2;
}

/* Has this kind a head of its own? */
static inline bool trail_head_is_call(enum trail_kind kind)
{
    return kind == TRAIL_CALL || kind == TRAIL_RETURN;
}

/* The bits below the units, and how many they are. */
static inline uint64_t trail_head_kind(enum trail_kind kind)
{
    return kind == TRAIL_CALL     ? TRAIL_HEAD_CALL
           : kind == TRAIL_RETURN ? TRAIL_HEAD_RETURN
                                  : (uint64_t)kind << TRAIL_HEAD_KIND_AT;
}

static inline unsigned trail_head_bits(enum trail_kind kind)
{
    return kind == TRAIL_CALL     ? TRAIL_HEAD_CALL_BITS
           : kind == TRAIL_RETURN ? TRAIL_HEAD_RETURN_BITS
                                  : TRAIL_HEAD_OTHER_BITS;
}

static inline uint8_t *trail_head_at(uint8_t *p, uint64_t units, enum trail_kind kind)
{
    uint64_t head = units << trail_head_bits(kind) | trail_head_kind(kind);

    if (LIKELY(head >= 0x80 && head < 0x4000))
        return trail_two_bytes_at(p, (uint32_t)head);
    return trail_uv_at(p, head);
}

/* Kinds without fields, or whose only field is a value that the caller puts next: RETURN, YIELD, UNWIND, END. */
static inline void trail_encode_plain(struct trail_out *out, uint64_t units, enum trail_kind kind)
{
    if (trail_room(out, TRAIL_UV_MAX))
        out->p = trail_head_at(out->p, units, kind);
}

/* CALL; then the values of the code's arguments. `at` is the position in the caller + 1, 0: unknown. */
static inline void trail_encode_call(struct trail_out *out, uint64_t units, uint64_t code,
                                     uint64_t at)
{
    if (trail_room(out, 3 * TRAIL_UV_MAX))
        out->p = trail_uv_at(trail_uv_at(trail_head_at(out->p, units, TRAIL_CALL), code), at);
}

/* RETURN; then one value. */
static inline void trail_encode_return(struct trail_out *out, uint64_t units)
{
    trail_encode_plain(out, units, TRAIL_RETURN);
}

static inline void trail_encode_yield(struct trail_out *out, uint64_t units)
{
    trail_encode_plain(out, units, TRAIL_YIELD);
}

static inline void trail_encode_unwind(struct trail_out *out, uint64_t units)
{
    trail_encode_plain(out, units, TRAIL_UNWIND);
}

static inline void trail_encode_end(struct trail_out *out, uint64_t units)
{
    trail_encode_plain(out, units, TRAIL_END);
}

/* A call of this stream: `last` is the number of its latest CALL, seq <= last. */
static inline struct trail_ref trail_ref_own(uint64_t last, uint64_t seq)
{
    return (struct trail_ref){last - seq + 1, 0, 0};
}

static inline struct trail_ref trail_ref_other(uint64_t stream, uint64_t seq)
{
    return (struct trail_ref){0, stream, seq};
}

static inline uint8_t *trail_ref_at(uint8_t *p, struct trail_ref ref)
{
    p = trail_uv_at(p, ref.back);
    if (UNLIKELY(ref.back == 0))
        p = trail_uv_at(trail_uv_at(p, ref.stream), ref.seq);
    return p;
}

static inline void trail_encode_resume(struct trail_out *out, uint64_t units, struct trail_ref ref,
                                       uint64_t flags)
{
    if (trail_room(out, 5 * TRAIL_UV_MAX))
        out->p = trail_uv_at(trail_ref_at(trail_head_at(out->p, units, TRAIL_RESUME), ref), flags);
}

static inline void trail_encode_line(struct trail_out *out, uint64_t units, int64_t delta)
{
    if (trail_room(out, 2 * TRAIL_UV_MAX))
        out->p = trail_uv_at(trail_head_at(out->p, units, TRAIL_LINE), trail_zigzag(delta));
}

static inline void trail_encode_reraise(struct trail_out *out, uint64_t units, uint64_t back)
{
    if (trail_room(out, 2 * TRAIL_UV_MAX))
        out->p = trail_uv_at(trail_head_at(out->p, units, TRAIL_RERAISE), back);
}

/* `code` 0: handled by the top call. */
static inline void trail_encode_handled(struct trail_out *out, uint64_t units, uint64_t code,
                                        uint64_t at)
{
    if (trail_room(out, 3 * TRAIL_UV_MAX))
        out->p = trail_uv_at(trail_uv_at(trail_head_at(out->p, units, TRAIL_HANDLED), code), at);
}

/* END_OF; then one value if the outcome is TRAIL_END_RETURNED. */
static inline void trail_encode_end_of(struct trail_out *out, uint64_t units,
                                       enum trail_end_of outcome, struct trail_ref ref)
{
    if (trail_room(out, 5 * TRAIL_UV_MAX))
        out->p = trail_ref_at(
            trail_uv_at(trail_head_at(out->p, units, TRAIL_END_OF), (uint64_t)outcome), ref);
}

/* `code` 0: of any code. */
static inline void trail_encode_loss(struct trail_out *out, uint64_t units, enum trail_loss cause,
                                     uint64_t code, uint64_t events)
{
    if (!trail_room(out, 4 * TRAIL_UV_MAX))
        return;
    out->p = trail_uv_at(trail_head_at(out->p, units, TRAIL_LOSS), (uint64_t)cause);
    out->p = trail_uv_at(trail_uv_at(out->p, code), events);
}

/* The general form of CALL: fill what `flags` asks for; then the values of the code's arguments. */
struct trail_call_from {
    uint64_t flags;       /* TRAIL_FROM_... */
    struct trail_ref ref; /* the parent, with TRAIL_FROM_PARENT */
    uint64_t caller_code; /* with TRAIL_FROM_CALLER */
    uint64_t at;          /* with TRAIL_FROM_CALLER: position in it + 1, or 0 */
    uint64_t code;
    uint64_t late; /* with TRAIL_FROM_LATE: units since it began */
};
void trail_encode_call_from(struct trail_out *out, uint64_t units,
                            const struct trail_call_from *call);

struct trail_frame {
    uint32_t code; /* 0: not known */
    uint32_t at;   /* position + 1, or 0 */
};

struct trail_raise {
    uint64_t flags; /* TRAIL_RAISE_... */
    uint64_t type;
    const char *message; /* UTF-8, not NUL-terminated */
    size_t message_len;
    const struct trail_frame *frames; /* the raising frame first */
    size_t nframes;   /* at most LIMIT_RAISE_FRAMES: the rest is cut, and the flag set */
    uint64_t context; /* with TRAIL_RAISE_CONTEXT */
};
void trail_encode_raise(struct trail_out *out, uint64_t units, const struct trail_raise *raise);

/* SYNC; then `depth` times trail_put_uv(out, last_call - seq), or TRAIL_SYNC_ELSEWHERE, the outermost first. */
struct trail_sync {
    const void *segment; /* first byte of the segment that `out` points into */
    uint64_t ticks;      /* of this record: the time of all that follows is counted from here */
    uint64_t last_call, last_exception;
    uint64_t depth; /* at most TRAIL_SYNC_DEPTH */
};
void trail_encode_sync(struct trail_out *out, uint64_t units, const struct trail_sync *sync);

void trail_encode_extra(struct trail_out *out, uint64_t units, uint64_t subkind, const void *bytes,
                        size_t len);
/* EXTRA THINNED: so many direct calls of the top call were not recorded, and took so many units. */
void trail_encode_thinned(struct trail_out *out, uint64_t units, uint64_t calls, uint64_t took);
/* EXTRA TASK: the asyncio task that runs from here on. */
struct trail_task {
    uint64_t number;  /* 0: none */
    uint64_t parent;  /* the one that made it; 0: none, or not told here */
    const char *name; /* Borrowed: UTF-8, not NUL-terminated */
    size_t name_len;  /* at most LIMIT_NAME_BYTES; 0: not told here */
};
void trail_encode_task(struct trail_out *out, uint64_t units, const struct trail_task *task);

/* ---- the registry ------------------------------------------------------------------------ */

/*
 * One whole record each. A registry record holds at most LIMIT_REGISTRY_RECORD_BYTES: where PROCESS or CODE overflow
 * an empty segment (trail_stream_roll says -EMSGSIZE), call again with fewer argv, without the line table.
 */
struct trail_text {
    const char *bytes; /* Borrowed; UTF-8, not NUL-terminated; NULL with len 0 */
    size_t len;
};

static inline struct trail_text trail_text_of(const char *text)
{
    return (struct trail_text){text, text != NULL ? strlen(text) : 0};
}

struct trail_process_info {
    struct uuid run_id;
    struct uuid parent_trace_id; /* nil: none */
    uint64_t pid, ppid;
    struct trail_text python, breadcrumb; /* versions */
    struct trail_text host, executable, cwd;
    const struct trail_text *argv;
    size_t argc;
    struct trail_text settings; /* key=value lines */
};
void trail_encode_process(struct trail_out *out, const struct trail_process_info *info);

struct trail_code_info {
    uint64_t id;
    uint64_t flags; /* enum trail_code_flags */
    struct trail_text name, module, file;
    uint64_t first_line;
    const struct trail_text *args; /* in the order of the format page */
    size_t nargs;
    uint64_t npositional_only, nkeyword_only;
    uint64_t table_format; /* 0 none, 1 co_linetable of 3.11 and later, 2 of 3.10 */
    const void *table;
    size_t table_len;
};
void trail_encode_code(struct trail_out *out, const struct trail_code_info *info);

void trail_encode_type(struct trail_out *out, uint64_t id, struct trail_text module,
                       struct trail_text name);

/* The attributes of instances of a type, in the order in which they are put. */
struct trail_layout_info {
    uint64_t id;
    uint64_t type;
    const struct trail_text *names;
    size_t n; /* at most TRAIL_LAYOUT_NAMES */
};
void trail_encode_layout(struct trail_out *out, const struct trail_layout_info *info);

struct trail_thread_info {
    uint64_t stream, tid, ident;
    struct trail_text name;
    int64_t wall_ns;
};
void trail_encode_thread(struct trail_out *out, const struct trail_thread_info *info);

void trail_encode_clock(struct trail_out *out, uint64_t ticks, int64_t wall_ns, int64_t mono_ns);

struct trail_losses_info {
    enum trail_loss cause;
    uint64_t code; /* 0: any */
    uint64_t events;
    int64_t first_wall_ns, last_wall_ns;
};
void trail_encode_losses(struct trail_out *out, const struct trail_losses_info *info);

void trail_encode_finish(struct trail_out *out, enum trail_finish reason, int64_t status,
                         int64_t wall_ns);

struct trail_child_info {
    uint64_t pid;
    enum trail_child what;
    int64_t number; /* the status, or the signal */
    int64_t wall_ns;
};
void trail_encode_child(struct trail_out *out, const struct trail_child_info *info);
void trail_encode_note(struct trail_out *out, struct trail_text key, struct trail_text value);

#endif
