/*
 * trace.h - one traced process while its trail is being ingested: what is shared by the files that decode, pair and
 * write its rows. Not for other rooms.
 *
 * All of it belongs to one thread. Failures inside are kept in the sink (sink.h) and looked at between records, so
 * that the code for a record stays straight.
 */
#ifndef INGEST_TRACE_H
#define INGEST_TRACE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/histogram.h"
#include "base/uuid.h"
#include "ingest/idmap.h"
#include "ingest/registry.h"
#include "ingest/sink.h"
#include "ingest/source.h"
#include "ingest/timeline.h"
#include "trail/reader.h"

enum outcome { OUTCOME_RETURN = 0, OUTCOME_EXCEPTION = 1, OUTCOME_CLOSED = 2, OUTCOME_UNSEEN = 3 };
enum handled { HANDLED_NO = 0, HANDLED_YES = 1, HANDLED_UNKNOWN = 2 };

/* A call that has begun and not ended. One without a code (a ghost) is known by its number only: its CALL was lost. */
struct call {
    uint64_t id, parent_id; /* 0: no parent */
    uint32_t code;          /* 0: a ghost */
    uint32_t stream;        /* whose stack it is on; 0: suspended */
    int64_t start_ns;
    int64_t since_ns; /* when it came onto the stack, or was suspended */
    int64_t child_ns, suspended_ns;
    uint64_t task;
    int32_t depth;
    int32_t caller_line;
    int32_t caller_function; /* REGISTRY_NO_FUNCTION: none */
    uint64_t node,
        above; /* of the path of functions that leads here, and to its parent; 0: not known (nodes.c) */
    int32_t parent_function; /* of parent_id; REGISTRY_NO_FUNCTION: none, or it had ended */
    int32_t line;            /* of its last LINE */
    uint32_t resumes;
    bool untimed;                  /* written down when it ended: its begin was not seen */
    char *text;                    /* Owned: the three JSON objects one behind the other */
    uint32_t room;                 /* of text */
    uint32_t args, kwonly, kwargs; /* lengths; 0: none */
    struct call *next;             /* in the list of free ones */
};

struct stream {
    uint32_t number;
    /* Where the reading stands. */
    uint32_t segment;
    uint64_t offset, units; /* of the next record that is not yet taken in */
    struct trail_segment seg;
    bool open;
    struct trail_cursor cursor;
    struct trail_record record; /* looked at, not yet taken in */
    bool has_record;
    bool at_end;    /* all that was committed when this ingest began is behind */
    uint64_t ticks; /* of the record */
    uint64_t from;  /* no record of `from_segment` is earlier; 0: not known */
    uint32_t from_segment;
    uint32_t first_segment; /* that is there */
    uint32_t limit_segment;
    uint64_t limit; /* committed in limit_segment when this ingest began */
    bool sealed;    /* the segment before this one was left for it */
    bool lost;      /* damage lies behind, the next SYNC puts things right */
    uint64_t lost_bytes;
    /* Pairing. */
    struct call **stack; /* Owned array of Owned calls, innermost last */
    size_t depth, stack_room;
    uint64_t last_call, last_exception, last_line;
    uint64_t line_call;   /* the call of the newest LINE since the newest SYNC; 0: none */
    int32_t line;         /* and its line */
    uint64_t current;     /* id of the exception in flight; 0: none */
    uint64_t trailing;    /* the last that left the outermost call, with no call after it */
    uint64_t system_exit; /* the newest SystemExit: an end, not an error */
    uint64_t task;
    int64_t now_ns, first_ns; /* first_ns 0: nothing yet */
    int64_t thread_id;
    bool ended;
};

/* An exception whose row is not yet appended: it may still change. */
struct exception {
    uint64_t id, call_id, parent_id, task, cause;
    int64_t at_ns, thread_id;
    int32_t depth, function, line; /* function: REGISTRY_NO_FUNCTION if unknown */
    enum handled handled;
    int32_t handled_by, handled_line;
    bool has_cause, has_call;
    const char *type; /* Borrowed from the registry */
    struct buf message, stack;
};

#define EXCEPTIONS_KEPT 256 /* rows held back, for they may change; later changes are updates */

/* A change to a row that is in the store already. */
struct exception_change {
    uint64_t id;
    int32_t handled, handled_by, handled_line;
};

struct task {
    uint64_t id, parent;
    int64_t first_ns, last_ns;
    char *name; /* Owned; NULL: not told */
};

struct loss {
    uint64_t cause;
    int32_t function; /* REGISTRY_NO_FUNCTION: any */
    uint64_t events, bytes;
    int64_t first_ns, last_ns;
};

struct stats;
struct edges;
struct nodes;

struct trace {
    char *dir;       /* Owned: the process's folder */
    const char *run; /* Borrowed: the run folder's name */
    struct uuid id;
    char id_text[UUID_TEXT];
    bool alive;
    bool stored;   /* it has a row in `traces` */
    bool taken_in; /* it has ended, and nothing is left to do */
    int64_t batch; /* of the last consumed row */
    uint64_t
        cutoff; /* ticks: later records wait for the next ingest, so that threads stay in step */
    struct sink *sink;           /* Borrowed */
    struct functions *functions; /* Borrowed */
    struct registry registry;
    struct trail_arity arity; /* its, for the cursors: set anew after each registry_read */
    struct timeline timeline;
    bool has_timeline;
    struct stream **streams; /* Owned */
    size_t nstreams;
    struct idmap numbered;  /* Borrowed streams, by their numbers */
    struct idmap suspended; /* calls by id; Owned */
    struct call *free_calls;
    struct exception exceptions[EXCEPTIONS_KEPT]; /* a ring */
    size_t first_exception, nexceptions;
    struct exception_change *changes; /* Owned */
    size_t nchanges;
    struct idmap tasks;  /* Owned struct task */
    struct loss *losses; /* Owned: since the last commit */
    size_t nlosses;
    size_t registry_losses_done; /* LOSSES records of the registry that are rows already */
    uint64_t registry_damage_done;
    size_t forks_done;   /* ends of the registry's forks that are rows already */
    struct stats *stats; /* Owned */
    struct edges *edges; /* Owned */
    struct nodes *nodes; /* Owned */
    struct {
        uint64_t lost; /* events, in all */
        uint32_t overflows;
        bool stopped;
        uint64_t nameless; /* calls of codes that the registry has left out */
    } page;                /* what the statistics page says of the process as a whole */
    struct source_cache sources;
    struct buf scratch;
    int64_t last_ns; /* newest event of all streams */
    /* Of this ingest, for the report. */
    uint64_t events, bytes, lost;
    bool foreign;
};

/* ---- calls.c ---------------------------------------------------------------------------------- */

/* A zeroed call, its text buffer kept from before. NULL when memory is out (and the sink knows). */
struct call *call_new(struct trace *t);
void call_free(struct trace *t, struct call *c);
bool call_set_text(struct trace *t, struct call *c, const char *text, size_t len);
void stack_push(struct trace *t, struct stream *s, struct call *c);
static inline struct call *stack_top(const struct stream *s)
{
    return s->depth > 0 ? s->stack[s->depth - 1] : NULL;
}
/* Takes it out of the stack wherever it stands, and settles the time of its neighbours. */
void stack_remove(struct stream *s, size_t place, int64_t now_ns);
struct stream *trace_stream(struct trace *t, uint32_t number);
/* A new one, with nothing read; it must not be there yet. NULL: memory is out. */
struct stream *trace_add_stream(struct trace *t, uint32_t number);
/* An open call, on a stack or suspended; *ret_stream and *ret_place say where (NULL: suspended). NULL: not known. */
struct call *trace_find_call(struct trace *t, uint64_t id, struct stream **ret_stream,
                             size_t *ret_place);
static inline int32_t code_function(struct trace *t, uint64_t code)
{
    struct code *c = registry_code(&t->registry, code);

    return c != NULL ? c->function_id : REGISTRY_NO_FUNCTION;
}
/* The folder of its run, Owned by the caller; NULL: memory is out. */
char *trace_run_dir(const struct trace *t);
void trace_release(struct trace *t);

/* ---- stream.c --------------------------------------------------------------------------------- */

/* Finds the folder's streams and how much of each is committed now. Before registry_read. */
int streams_look(struct trace *t, struct error *err);
/* Makes the next record ready (s->record, s->ticks). False: no more for now. */
bool stream_peek(struct trace *t, struct stream *s);
/* The time, in ticks, before which it has no record that is not taken in; a true lower bound as long as nothing was read. */
uint64_t stream_not_before(const struct stream *s);
/* The record was taken in. */
void stream_advance(struct trace *t, struct stream *s);
void stream_close(struct stream *s);
/* Everything that was committed is taken in. */
bool stream_is_done(const struct stream *s);

/* ---- pairing.c -------------------------------------------------------------------------------- */

/* Takes in s->record. */
void pairing_apply(struct trace *t, struct stream *s);

/* ---- arguments.c ------------------------------------------------------------------------------ */

/* Writes the call's arguments into its text: the positional ones and *args; the keyword-only ones; **kwargs. */
void arguments_take(struct trace *t, struct call *c, struct code *code,
                    const struct trail_record *r);

/* ---- tasks.c ---------------------------------------------------------------------------------- */

/* Another task runs in the stream from here on. Who made it and its name may be told later than its number. */
void tasks_apply(struct trace *t, struct stream *s, const struct trail_record *r);
/* Reads those that are stored for the trace; writes them anew. */
int tasks_load(struct trace *t, struct error *err);
void tasks_save(struct trace *t);

/* ---- restore.c: behind damage ------------------------------------------------------------------ */

/* Does what a SYNC says about the stack agree with ours? */
bool restore_agrees(const struct stream *s, const struct trail_record *sync);
/* Makes the stack what the SYNC says it is. */
void restore_stack(struct trace *t, struct stream *s, const struct trail_record *sync);

/* ---- exceptions.c ----------------------------------------------------------------------------- */

void exceptions_raise(struct trace *t, struct stream *s, const struct trail_record *r);
/* The exception is handled, or not any more. */
void exceptions_set(struct trace *t, uint64_t id, enum handled handled, int32_t by, int32_t line);
/* Appends the rows that are held back (before a commit), and what changes rows in the store. */
void exceptions_flush(struct trace *t);

/* ---- stats.c, stats_store.c -------------------------------------------------------------------- */

struct stats *stats_new(void);
void stats_free(struct stats *stats);
struct stats_call {
    int32_t function;
    enum outcome outcome;
    int64_t duration_ns, self_ns;
    bool untimed; /* its begin was not seen: it is counted, and its duration means nothing */
};
/* What is known of a function beside its recorded calls, since the process began. */
struct stats_thinned {
    uint64_t calls, timed, raised;
    int64_t total_ns, self_ns, min_ns, max_ns;
    uint32_t gear; /* enum trail_gear */
};
/* Forgets what was thinned; adds some of a function (its code objects may be several). `counts`: HISTOGRAM_BUCKETS, of ns. */
void stats_thinned_begin(struct trace *t);
void stats_thinned(struct trace *t, int32_t function, const struct stats_thinned *thinned,
                   const uint32_t *counts);
void stats_add(struct trace *t, const struct stats_call *call);
/* Reads what is stored for the trace; writes it anew, open calls counted. */
int stats_load(struct trace *t, struct error *err);
void stats_save(struct trace *t);

/* ---- edges.c ---------------------------------------------------------------------------------- */

struct edges *edges_new(void);
void edges_free(struct edges *edges);
/* A finished call of `function`, made by `caller` (recorded or not) within the recorded `parent`. */
void edges_add(struct trace *t, int32_t function, int32_t caller, int32_t parent,
               int64_t duration_ns);
/* Appends what was added since the last save. */
void edges_save(struct trace *t);

/* ---- nodes.c ---------------------------------------------------------------------------------- */

struct nodes *nodes_new(void);
void nodes_free(struct nodes *nodes);
/* Sets the path of a call that begins: its parent (NULL: none is open), code and parent_id are known. */
void nodes_enter(struct trace *t, const struct stream *s, struct call *c,
                 const struct call *parent);
/* The call has ended so. */
struct node_call {
    int64_t thread_id, duration_ns;
    bool raised;
};
void nodes_add(struct trace *t, const struct call *c, const struct node_call *end);
/* Appends what was added since the last save. */
void nodes_save(struct trace *t);

/* ---- losses.c ---------------------------------------------------------------------------------- */

/* What only readers find, beside TRAIL_LOSS_DAMAGE: no memory to keep the names of all. Never in a trail. */
#define LOSS_INGEST_MEMORY TRAIL_LOSS_CAUSES

/* Adds to what was lost for the same cause in the same function, or (`_append`) beside it. */
void losses_add(struct trace *t, const struct loss *loss);
void losses_append(struct trace *t, const struct loss *loss);
/* What the registry has of losses that no stream could tell: each record once. */
void losses_take_registry(struct trace *t);
/* What only shows when all was taken in: torn ends, what there was no memory for. Once. */
void losses_take_end(struct trace *t);
/* Appends what was lost since the last save. */
void losses_save(struct trace *t);

#endif
