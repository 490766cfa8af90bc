/*
 * writer.h - the writing half of a trail: a process's folder, its streams, their segments.
 *
 *     trail_dir_open(&dir, run_folder, ...);            // makes <pid>-<hex>/ and locks `alive`
 *     trail_stream_open(&s, &dir, 1, tid);              // thread-1.0
 *     for (;;) {                                        // thread streams: first a SYNC if one is due
 *         struct trail_out out = trail_stream_begin(&s);        // behind what is committed
 *         ... trail_put_...(&out, ...)
 *         if (LIKELY(!out.overflow)) { trail_stream_commit(&s, &out); break; }
 *         if (trail_stream_roll(&s) < 0) { lost; break; }       // next segment, then write it again
 *     }
 *     trail_stream_close(&s, true);
 *
 * Guest code: needs libc only, allocates nothing with malloc, prints nothing, leaves errno as it was
 * and holds no descriptor between calls (on overlayfs: one, numbered 512 or more). A stream belongs to
 * one thread at a time; a trail_dir may be shared by all (after open it is only read, but for its
 * counters, which are atomic).
 * Failures are negative errno values.
 */
#ifndef TRAIL_WRITER_H
#define TRAIL_WRITER_H

#include "base/base.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "trail/format.h"
#include "trail/out.h"

struct trail_dir {
    char path[LIMIT_PATH_BYTES]; /* absolute */
    struct uuid trace_id;
    uint8_t boot_id[16];
    enum clock_kind clock;
    uint32_t tick_shift;
    uint32_t python; /* (major << 8) + minor, for the headers */
    uint32_t pid;
    void *alive; /* Owned mapping of `alive` that keeps the lock; not inherited by fork */
    int alive_fd; /* Owned, atomic; -1, but on file systems whose mappings keep no lock (overlayfs) */
    bool is_short;  /* streams begin with small segments */
    uint64_t bytes; /* atomic: bytes of segments made so far */
};

struct trail_stream {
    struct trail_dir *dir;       /* Borrowed */
    struct trail_header *header; /* Owned mapping of the current segment; NULL: closed */
    uint8_t *end;                /* one past the mapping */
    uint8_t *next;               /* where the next record goes: header + header->committed */
    uint64_t sync_at;            /* offset at which the caller must write its next SYNC */
    uint32_t stream, index, tid;
};

/* Makes the folder `<run>/<pid>-<last 8 bytes of trace_id>` (0700) and the locked `alive` file. `run` exists and is
 * absolute; tick_shift is at most 32. */
int trail_dir_open(struct trail_dir *dir, const char *run, const struct uuid *trace_id,
                   enum clock_kind clock, uint32_t tick_shift, uint32_t python);
/* Unmaps `alive`: from here on readers see the process as ended. The folder stays. */
void trail_dir_close(struct trail_dir *dir);
/* In a forked child: forgets the parent's folder without touching its lock or its streams. */
void trail_dir_forget(struct trail_dir *dir);
/* Where the lock hangs on a descriptor and the program has closed that: takes the lock again. Each roll does it. */
void trail_dir_keep(struct trail_dir *dir);

/* Makes the first segment of a stream. */
int trail_stream_open(struct trail_stream *s, struct trail_dir *dir, uint32_t stream, uint32_t tid);
/* Makes the next segment (twice the size, up to the limit), seals the current one and unmaps it. On failure the
 * current one stays open and usable; -EFBIG, -ENOSPC, -EDQUOT, -EMFILE, -ENOMEM, -EACCES ... say why, and -EMSGSIZE
 * that the current segment has room for TRAIL_RECORD_BYTES: the record that did not fit is too large for any. The caller
 * then writes a SYNC record first (thread streams). */
int trail_stream_roll(struct trail_stream *s);
/* The same with a segment of at most `most` bytes, in whole LIMIT_SEGMENT_FIRST_BYTES; -ENOSPC when that is none. */
int trail_stream_roll_within(struct trail_stream *s, uint64_t most);
/* Ends the stream: state 2 if `ended`, cuts the file to what is committed, unmaps. */
void trail_stream_close(struct trail_stream *s, bool ended);
/* In a forked child: unmaps without a word in the file. */
void trail_stream_forget(struct trail_stream *s);

/* Offset of the first byte that is not committed. */
static inline uint64_t trail_stream_committed(const struct trail_stream *s)
{
    return (uint64_t)(s->next - (uint8_t *)s->header);
}

/* The most that one record may take. */
static inline size_t trail_stream_most(const struct trail_stream *s)
{
    return s->stream == 0 ? LIMIT_REGISTRY_RECORD_BYTES : LIMIT_RECORD_BYTES;
}

/* Thread streams: must the next record be a SYNC? Asked before each record; after a SYNC's commit, _synced. A record
 * may still be added behind a position just below sync_at, so the distance asked for is shorter by one. */
static inline bool trail_stream_sync_due(const struct trail_stream *s)
{
    return UNLIKELY(trail_stream_committed(s) >= s->sync_at);
}

static inline void trail_stream_synced(struct trail_stream *s)
{
    s->sync_at = trail_stream_committed(s) + LIMIT_SYNC_INTERVAL_BYTES - LIMIT_RECORD_BYTES;
}

/* Where the next record goes. At most LIMIT_RECORD_BYTES (registry: ..._REGISTRY_...) are offered, so that
 * every record fits an empty segment. */
static inline struct trail_out trail_stream_begin(struct trail_stream *s)
{
    size_t room = (size_t)(s->end - s->next);
    size_t most = trail_stream_most(s);
    struct trail_out out = {s->next, s->next + (room < most ? room : most), false};

    return out;
}

/* Makes what was put since begin visible: the release store orders the record's bytes before the new
 * end, so a reader that sees the end sees the bytes. */
static inline void trail_stream_commit_to(struct trail_stream *s, uint8_t *next)
{
    s->next = next;
    __atomic_store_n(&s->header->committed, (uint64_t)(next - (uint8_t *)s->header),
                     __ATOMIC_RELEASE);
}

static inline void trail_stream_commit(struct trail_stream *s, const struct trail_out *out)
{
    trail_stream_commit_to(s, out->p);
}

#endif
