/*
 * testtrail.h - writes a trail as a traced process would, record by record, with a clock of its own: for tests and
 * benchmarks of this room. Never linked into the program: nothing there calls it.
 *
 *     testtrail_open(&t, run_folder, 1);
 *     f = testtrail_code(&t, "f", 0, 2, names);
 *     testtrail_call(&t, 1, f, 0);  testtrail_int(&t, 1) ...
 *
 * A value is put through `values`, which is encoded behind the record: testtrail_values(&t) starts it anew. Time goes by with
 * testtrail_tick only. Aborts on failure.
 */
#ifndef INGEST_TESTTRAIL_H
#define INGEST_TESTTRAIL_H

#include "base/base.h"
#include "trail/encode.h"
#include "trail/writer.h"

#define TESTTRAIL_STREAMS 16
#define TESTTRAIL_STACK 4096
#define TESTTRAIL_WALL_NS 1700000000000000000LL /* when every test's trace begins */

struct testtrail_stream {
    struct trail_stream s;
    bool open;
    uint64_t seen; /* units of the last record */
    uint64_t last_call, last_exception;
    uint64_t stack[TESTTRAIL_STACK]; /* whole ids */
    size_t depth;
};

struct testtrail {
    struct trail_dir dir;
    struct trail_stream registry;
    uint32_t ncodes, ntypes;
    uint64_t base, now;                                 /* ns */
    struct testtrail_stream streams[TESTTRAIL_STREAMS]; /* by number */
    uint8_t bytes[LIMIT_RECORD_BYTES];
    struct trail_out values;
};

/* A process's folder in `run`, its registry with a PROCESS record, and stream 1. */
void testtrail_open(struct testtrail *t, const char *run);
/* The same, with times in units of 2^tick_shift ns. */
void testtrail_open_units(struct testtrail *t, const char *run, uint32_t tick_shift);
/* Another thread stream. */
void testtrail_thread(struct testtrail *t, uint32_t stream);
/* The streams end, the registry says FINISH with the status; `alive` is let go. */
void testtrail_finish(struct testtrail *t, int64_t status);
/* As after SIGKILL: everything stays as it is, `alive` is let go. */
void testtrail_kill(struct testtrail *t);

/* Lines of its code: position p is at line first_line + p (co_linetable of 3.11, 16 positions). */
uint32_t testtrail_code(struct testtrail *t, const char *name, uint64_t flags, size_t nargs,
                        const char *const *names);
struct testtrail_signature {
    uint64_t flags;
    size_t nargs, nkeyword_only;
    const char *const *names;
};
uint32_t testtrail_code_with(struct testtrail *t, const char *name,
                             const struct testtrail_signature *signature);
uint32_t testtrail_type(struct testtrail *t, const char *module, const char *name);

void testtrail_note(struct testtrail *t, const char *key, const char *value);
void testtrail_child(struct testtrail *t, const struct trail_child_info *child);

static inline void testtrail_tick(struct testtrail *t, uint64_t ns)
{
    t->now += ns;
}

/* The values that go with the next record. */
struct trail_out *testtrail_values(struct testtrail *t);
void testtrail_call(struct testtrail *t, uint32_t stream, uint32_t code, uint64_t at);
void testtrail_call_from(struct testtrail *t, uint32_t stream, const struct trail_call_from *call);
void testtrail_return(struct testtrail *t, uint32_t stream);
void testtrail_yield(struct testtrail *t, uint32_t stream);
void testtrail_unwind(struct testtrail *t, uint32_t stream);
void testtrail_resume(struct testtrail *t, uint32_t stream, uint64_t id, uint64_t flags);
void testtrail_end_of(struct testtrail *t, uint32_t stream, uint64_t id, enum trail_end_of outcome);
void testtrail_raise(struct testtrail *t, uint32_t stream, const struct trail_raise *raise);
void testtrail_reraise(struct testtrail *t, uint32_t stream, uint64_t back);
void testtrail_handled(struct testtrail *t, uint32_t stream, uint32_t code, uint64_t at);
void testtrail_line(struct testtrail *t, uint32_t stream, int64_t delta);
/* `name` NULL: not told. */
void testtrail_task(struct testtrail *t, uint32_t stream, uint64_t task, uint64_t parent,
                    const char *name);
void testtrail_loss(struct testtrail *t, uint32_t stream, enum trail_loss cause, uint32_t code,
                    uint64_t events);
/* Writes a SYNC now. */
void testtrail_sync(struct testtrail *t, uint32_t stream);
/* Goes on in a new segment. */
void testtrail_roll(struct testtrail *t, uint32_t stream);
/* Id of the call that stands on top. */
uint64_t testtrail_top(const struct testtrail *t, uint32_t stream);

#endif
