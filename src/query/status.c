/* status.c - the question `status`: what is being recorded now, how large the trails and the database are, and how far the
 * store is behind. It works without a store too. */
#include "base/base.h"

#include "query/fetch.h"
#include "query/live.h"

static const struct column STATUS[] = {
    {"recording", "Recording now", COLUMN_INT, 0, "traced processes that run"},
    {"traces", "Traces stored", COLUMN_INT, 0, "in the database"},
    {"db_path", "Database", COLUMN_TEXT, 0, "its file"},
    {"db_exists", "There", COLUMN_BOOL, COLUMN_NOT_IN_TABLE, "whether it is there"},
    {"db_bytes", "Database size", COLUMN_BYTES, 0, "bytes of the file and its log"},
    {"schema_version", "Schema", COLUMN_TEXT, 0, "of the database; null without one"},
    {"trails_path", "Trails", COLUMN_TEXT, 0, "the folder of what is being recorded"},
    {"trail_bytes", "Trail size", COLUMN_BYTES, 0, "bytes on disk that the trails take"},
    {"behind_events", "Events behind", COLUMN_INT, 0,
     "recorded events that are not in the database; null if unknown"},
    {"behind_bytes", "Bytes behind", COLUMN_BYTES, 0,
     "the same in bytes of trail; null if unknown"},
    {"why_behind", "Behind because", COLUMN_TEXT, 0, "why the database is behind; null: it is not"},
};

static const struct column PROCESSES[] = {
    {"pid", "PID", COLUMN_INT, 0, "of the process"},
    {"alive", "Alive", COLUMN_BOOL, 0, "whether it runs"},
    {"trace_id", "Trace", COLUMN_ID, 0, "what it is in the database; null if not known yet"},
    {"run", "Run", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "the folder of its run"},
    {"threads", "Threads", COLUMN_INT, 0, "that were recorded"},
    {"trail_bytes", "Trail", COLUMN_BYTES, 0, "bytes on disk"},
    {"set", "Set", COLUMN_TEXT, 0, "settings that were changed while it runs; null: none"},
};

static const struct question_part STATUS_PART = {
    "status", "the state of recorder and database", PART_RECORD, 0, STATUS, ARRAY_SIZE(STATUS)};
static const struct question_part PROCESSES_PART = {
    "processes",          "whose trails are there: those that run first", PART_ROWS, 0, PROCESSES,
    ARRAY_SIZE(PROCESSES)};

static struct cell known(int64_t n)
{
    return n < 0 ? (struct cell){.kind = CELL_NULL} : cell_int(n);
}

static void add_processes(struct answer *answer, const struct live *live, bool alive,
                          struct part *part)
{
    for (size_t i = 0; i < live->nprocesses; i++) {
        const struct live_process *p = &live->processes[i];
        struct cell *cells = p->alive == alive ? part_add(answer, part) : NULL;

        if (cells == NULL)
            continue;
        cells[0] = cell_int(p->pid);
        cells[1] = cell_bool(p->alive);
        cells[2] = cell_text(answer, p->trace_id[0] != '\0' ? p->trace_id : NULL);
        cells[3] = cell_text(answer, p->run);
        cells[4] = cell_int(p->streams);
        cells[5] = cell_int(p->trail_bytes);
        cells[6] = cell_text(answer, p->set);
    }
}

static int ask_status(const struct asking *ask, struct answer *answer, struct error *err)
{
    const struct live *live = ask->live;
    struct part *status = answer_part(answer, PART_RECORD, "status", STATUS, ARRAY_SIZE(STATUS));
    struct part *processes =
        answer_part(answer, PART_ROWS, "processes", PROCESSES, ARRAY_SIZE(PROCESSES));
    struct cell *cells = part_add(answer, status);
    int64_t recording = 0, trail_bytes = 0, traces = 0;
    int ret = 0;

    if (live == NULL || cells == NULL || processes == NULL)
        return error_set(err, ERR_FAILED, "the state of the trails is not known");
    for (size_t i = 0; i < live->nprocesses; i++) {
        recording += live->processes[i].alive;
        trail_bytes += live->processes[i].trail_bytes;
    }
    if (ask->store != NULL)
        ret = store_query_int(ask->store, "SELECT count(*) FROM traces", &traces, err);
    cells[0] = cell_int(recording);
    cells[1] = cell_int(traces);
    cells[2] = cell_text(answer, live->db_path);
    cells[3] = cell_bool(live->db_exists);
    cells[4] = cell_int(live->db_bytes);
    cells[5] = cell_text(answer, ask->store != NULL ? store_schema_version(ask->store) : NULL);
    cells[6] = cell_text(answer, live->trails);
    cells[7] = cell_int(trail_bytes);
    cells[8] = known(live->behind_events);
    cells[9] = known(live->behind_bytes);
    cells[10] = cell_text(answer, live->why_behind);
    processes->title = "Trails:";
    add_processes(answer, live, true, processes);
    add_processes(answer, live, false, processes);
    if (!live->db_exists && live->nprocesses == 0)
        answer_suggest(answer, "nothing is recorded here yet: trace a program", "run", "timeout",
                       "60", "", "python app.py", NULL);
    return ret;
}

static const struct question_part *const PARTS[] = {&STATUS_PART, &PROCESSES_PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb status",
    "what is being recorded, how large it is, how far the database is behind",
    NULL,
};

const struct question question_status = {
    .name = "status",
    .summary = "say what is being recorded now, and how large trails and database are",
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_LIVE,
    .ask = ask_status,
};
