/*
 * registry.h - what a process's registry stream says: who it is, its codes, types and threads.
 *
 *     registry_init(&r);
 *     registry_read(&r, dir, err);      // again later: goes on where it stopped
 *     registry_release(&r);
 *
 * One thread. Everything is copied: no segment stays open. There is a ceiling, above what a recorder writes (LIMIT_CODES and its
 * neighbours): codes beyond it are known by their number of arguments only, so that their calls can be read, and counted.
 */
#ifndef INGEST_REGISTRY_H
#define INGEST_REGISTRY_H

#include "base/base.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "ingest/forks.h"
#include "ingest/linetable.h"
#include "ingest/value_json.h"
#include "trail/reader.h"

#define REGISTRY_NO_FUNCTION (-1)
#define REGISTRY_CODES_MAX (2 * LIMIT_CODES) /* that are kept */

/* One code object. All texts are Borrowed from the registry's arena and valid UTF-8. */
struct code {
    bool known;
    uint32_t flags; /* enum trail_code_flags */
    const char *qualified_name;
    const char *function_name; /* the part that people use: behind the last "<locals>." */
    const char *name;          /* the last part, as in a traceback */
    const char *module, *file;
    const char *kwargs_name; /* of the **kwargs argument; NULL: none */
    int32_t first_line;
    uint16_t nargs;
    uint16_t nplain;      /* positional ones, which come first */
    uint16_t nkeyword;    /* keyword-only ones, which come next; then *args, then **kwargs */
    const char **keys;    /* for each argument "\"name\":", as it stands in JSON */
    uint8_t *key_lens;    /* UINT8_MAX: longer, use strlen */
    const uint8_t *table; /* where each position's line is */
    size_t table_len;
    uint64_t table_format;
    struct linetable lines; /* Owned; made when it is first asked */
    bool lines_made;
    uint64_t last_at; /* what was asked last, and the answer */
    int32_t last_line;
    int32_t function_id; /* in the store, or REGISTRY_NO_FUNCTION until it is known */
};

struct thread_info {
    uint32_t stream;
    uint64_t tid, ident;
    const char *name;
    int64_t wall_ns;
};

struct loss_info {
    uint64_t cause, code, events;
    int64_t first_ns, last_ns;
};

struct registry {
    struct arena arena; /* Owned */
    struct code *codes; /* Owned; by number */
    size_t ncodes;
    uint16_t *nargs; /* Owned; by number, for the decoder: also of codes that are left out */
    size_t nnargs;
    uint64_t left_out; /* records of types, threads and notes that came when there was no room */
    struct type_names types;
    const char **type_texts; /* Owned array; "shop.Cart", as a traceback names it */
    size_t ntype_texts;
    const char *last_module, *last_file; /* of the newest code: most are of the same */
    struct thread_info *threads;         /* Owned */
    size_t nthreads;
    struct loss_info *losses; /* Owned; in the order of the registry */
    size_t nlosses;
    struct forks forks;
    struct clock_record {
        uint64_t ticks;
        int64_t wall_ns, mono_ns;
    } last_clock; /* the newest calibration; ticks 0: none */

    /* PROCESS */
    bool has_process;
    struct uuid run_id, parent_trace_id;
    uint64_t pid, ppid;
    const char *python, *breadcrumb, *host, *executable, *cwd, *command;
    const char *settings;
    const char *notes; /* NOTE records as the inside of a JSON object, "" when there are none */

    /* FINISH */
    bool has_finish;
    uint64_t finish_reason;
    int64_t finish_status, finish_wall_ns;

    /* The first segment's header. */
    bool has_header;
    struct trail_header header;

    uint64_t damaged_bytes;
    bool foreign;

    /* Where the reading stopped. */
    uint32_t segment;
    uint64_t offset;
    enum trail_state state; /* of the segment there */
};

void registry_init(struct registry *r);
void registry_release(struct registry *r);
/* Reads what has come since the last time. Damage is counted; only memory or a folder that cannot be read is an error. */
int registry_read(struct registry *r, const char *dir, struct error *err);
struct trail_arity registry_arity(const struct registry *r);
/* NULL for a number that no CODE record has given, or of a code that is left out. Borrowed until the next registry_read. */
struct code *registry_code(struct registry *r, uint64_t id);
/* The line of a position as the trail has it (at + 1; 0: unknown), 0 when there is none. */
int32_t registry_line(struct code *code, uint64_t at);
/* The same, but of a position that has none the line of the code that follows. */
int32_t registry_next_line(struct code *code, uint64_t at);
/* "ValueError", "shop.OutOfStock". Borrowed. */
const char *registry_type(const struct registry *r, uint64_t id);
/* NULL: no THREAD record for it. */
const struct thread_info *registry_thread(const struct registry *r, uint32_t stream);

#endif
