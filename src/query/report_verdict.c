/* report_verdict.c - what each thread and task was doing when the timeout came: running hot, waiting, deadlocked or silent. Where it
 * was, the open calls say; what it did there, `run` saw in the kernel before it ended the program. */
#include "base/base.h"

#include "query/report.h"

#define MOST_VERDICTS 100

static const struct column VERDICTS[] = {
    {"verdict", "Verdict", COLUMN_TEXT, 0,
     "running_hot; running (a little); waiting; deadlocked: no thread of the process can wake "
     "another; stopped (by a signal); silent: nothing but its last event is known"},
    {"name", "Name", COLUMN_TEXT, 0, "of the thread or the task"},
    {"for_ms", "For", COLUMN_MS, 0,
     "running_hot: since the function began; else since the last event of the thread, or since the "
     "task was suspended; in ms; null: not known"},
    {"doing", "Doing", COLUMN_TEXT, 0,
     "what it waits for: lock, lock_timed, lock_shared (between processes), sleep, read, write, "
     "connect, accept, events, poll, child, file_lock, sync, signal, interpreter (another thread "
     "runs Python), await, other; running; stopped; null: not known"},
    {"on", "On", COLUMN_TEXT, 0, "the file, socket or process that it waits for; null: not known"},
    {"cpu", "CPU", COLUMN_DOUBLE, 0,
     "the part of the time in which it ran or was ready to, 0 to 1; null: not known"},
    {"function", "Function", COLUMN_TEXT, 0,
     "the innermost recorded call; null: code that is not recorded"},
    {"file_path", "File", COLUMN_TEXT, 0, "of the function"},
    {"line_number", "Line", COLUMN_INT, 0, "where it was, as far as known; else of its definition"},
    {"call_id", "Call", COLUMN_INT, 0, "of the call in its trace"},
    {"task_id", "Task", COLUMN_INT, 0, "the asyncio task; null: a thread is meant"},
    {"thread_id", "Thread", COLUMN_INT, 0, "that it runs in"},
    {"pid", "PID", COLUMN_INT, 0, "of its process"},
    {"trace_id", "Trace", COLUMN_ID, 0, "its process"},
};
enum {
    V_VERDICT,
    V_NAME,
    V_FOR,
    V_DOING,
    V_ON,
    V_CPU,
    V_FUNCTION,
    V_FILE,
    V_LINE,
    V_CALL,
    V_TASK,
    V_THREAD,
    V_PID,
    V_TRACE,
    V_THREADS,
    V_LOCKS
};

const struct question_part report_part_verdicts = {
    "verdicts", "what each thread and task was doing at the timeout",
    PART_LINES, 0,
    VERDICTS,   ARRAY_SIZE(VERDICTS)};

/* clang-format off */
static const char VERDICTS_SQL[] =
    REPORT_PICKED
    ", looks AS (SELECT id AS trace_id, unnest(from_json(metadata->'last_look', '[{\"thread_id\":\"BIGINT\","
    "    \"at_ns\":\"BIGINT\",\"busy\":\"INTEGER\",\"doing\":\"VARCHAR\",\"on\":\"VARCHAR\"}]'), recursive := true) FROM picked "
    "  WHERE end_reason IS DISTINCT FROM 'exec'), "
    "sizes AS (SELECT trace_id, count(*) AS threads, count(*) FILTER (doing = 'lock') AS locks, max(at_ns) AS at_ns "
    "  FROM looks GROUP BY trace_id), "
    /* What had ended before is no part of this. */
    "there AS (SELECT * FROM picked WHERE end_reason IS NULL OR end_reason = 'timeout' "
    "  OR id IN (SELECT trace_id FROM looks)), "
    /* The innermost call on the stack of each thread, and of each task that is suspended. */
    "open AS (SELECT o.*, t.thread_id AS runs_in, t.name AS thread_name, epoch_ns(t.last_at) AS last_ns "
    "  FROM open_calls o JOIN there p ON p.id = o.trace_id "
    "  LEFT JOIN threads t ON t.trace_id = o.trace_id AND t.stream = o.stream AND o.stream <> 0 "
    "  WHERE o.function_id IS NOT NULL AND p.end_reason IS DISTINCT FROM 'exec'), "
    /* One that ended in order when it was told to has none left: there it is the innermost call that ran at the moment of the look. */
    "ran AS (SELECT l.trace_id, l.thread_id AS runs_in, NULL AS name, NULL AS last_ns, arg_max(c.call_id, c.start_ns) AS call_id, "
    "    arg_max(c.function_id, c.start_ns) AS function_id, NULL AS line, max(c.start_ns) AS start_ns "
    "  FROM looks l JOIN call_rows c ON c.trace_id = l.trace_id AND c.thread_id = l.thread_id "
    "  WHERE c.start_ns <= l.at_ns AND c.start_ns + c.duration_ns > l.at_ns AND c.resumes = 0 GROUP BY ALL), "
    "stacks AS (SELECT trace_id, runs_in, any_value(thread_name) AS name, max(last_ns) AS last_ns, "
    "    arg_max(call_id, place) AS call_id, arg_max(function_id, place) AS function_id, "
    "    arg_max(line, place) AS line, arg_max(start_ns, place) AS start_ns "
    "  FROM open WHERE place IS NOT NULL GROUP BY trace_id, runs_in), "
    "inmost AS (FROM stacks UNION ALL SELECT * FROM ran WHERE NOT EXISTS ("
    "  FROM stacks s WHERE s.trace_id = ran.trace_id AND s.runs_in = ran.runs_in)), "
    "waits AS (SELECT trace_id, task_id, any_value(thread_id) AS runs_in, arg_max(call_id, depth) AS call_id, "
    "    arg_max(function_id, depth) AS function_id, arg_max(line, depth) AS line, arg_max(since_ns, depth) AS since_ns "
    "  FROM open WHERE task_id IS NOT NULL GROUP BY trace_id, task_id HAVING count(place) = 0), "
    "found AS ("
    "  SELECT CASE WHEN l.busy >= 500 OR (l.doing = 'running' AND l.busy >= 100) THEN 'running_hot' "
    "      WHEN l.doing IS NULL THEN 'silent' WHEN l.doing = 'deadlock' THEN 'deadlocked' "
    "      WHEN l.doing IN ('running', 'stopped') THEN l.doing ELSE 'waiting' END AS verdict, "
    "    coalesce(i.name, t.name) AS name, "
    "    coalesce(l.at_ns, s.at_ns, epoch_ns(p.ended_at)) AS at_ns, i.start_ns, "
    "    greatest(i.start_ns, i.last_ns, CASE WHEN epoch_ns(t.last_at) <= l.at_ns THEN epoch_ns(t.last_at) END) AS last_ns, "
    "    CASE WHEN l.doing = 'deadlock' THEN 'lock' ELSE l.doing END AS doing, nullif(l.\"on\", '') AS waits_for, "
    "    l.busy / 1000.0::DOUBLE AS cpu, i.function_id, i.line, i.call_id, NULL AS task_id, "
    "    coalesce(i.runs_in, l.thread_id) AS thread_id, p.id AS trace_id, s.threads, s.locks "
    "  FROM looks l FULL JOIN inmost i ON i.trace_id = l.trace_id AND i.runs_in = l.thread_id "
    "  JOIN picked p ON p.id = coalesce(i.trace_id, l.trace_id) LEFT JOIN sizes s ON s.trace_id = p.id "
    "  LEFT JOIN threads t ON t.trace_id = p.id AND t.thread_id = l.thread_id "
    /* Nothing is recorded of a process that is here all the same, as its parent has told of it. */
    "  WHERE i.call_id IS NOT NULL OR l.busy >= 500 OR p.thread_id IS NULL "
    "  UNION ALL SELECT 'waiting', coalesce(t.name, 'task ' || w.task_id), coalesce(s.at_ns, epoch_ns(p.ended_at)), NULL, "
    "    w.since_ns, 'await', NULL, NULL, w.function_id, w.line, w.call_id, w.task_id, w.runs_in, w.trace_id, NULL, NULL "
    "  FROM waits w JOIN picked p ON p.id = w.trace_id LEFT JOIN sizes s ON s.trace_id = p.id "
    "  LEFT JOIN tasks t ON t.trace_id = w.trace_id AND t.task_id = w.task_id) "
    "SELECT v.verdict, coalesce(v.name, ''), "
    /* Not known where nothing is: greatest() would make 0 of it. */
    "  CASE WHEN v.since IS NOT NULL THEN greatest(0, v.at_ns - v.since) / 1e6::DOUBLE END, "
    "  v.doing, v.waits_for, v.cpu, " REPORT_NAME ", f.file_path, coalesce(v.line, f.line_number), v.call_id::BIGINT, "
    "  v.task_id::BIGINT, v.thread_id, p.pid, v.trace_id, coalesce(v.threads, 0), coalesce(v.locks, 0) "
    "FROM (SELECT *, CASE WHEN verdict = 'running_hot' THEN start_ns ELSE last_ns END AS since FROM found) v "
    "JOIN picked p ON p.id = v.trace_id LEFT JOIN functions f ON f.id = v.function_id "
    "ORDER BY p.started_at, v.trace_id, v.task_id NULLS FIRST, v.thread_id LIMIT 100";
/* clang-format on */

/* How a wait goes on after "waiting". */
static const char *waiting_for(const char *doing)
{
    static const char *const words[][2] = {
        {"lock", "for a lock"},
        {"lock_timed", "for a lock, with a time limit"},
        {"lock_shared", "for a lock that processes share"},
        {"sleep", "in a sleep"},
        {"read", "for something to read"},
        {"write", "to write"},
        {"connect", "for a connection"},
        {"accept", "for somebody to connect"},
        {"events", "for events of files and sockets"},
        {"poll", "for events of files and sockets"},
        {"child", "for the end of a child process"},
        {"file_lock", "for a lock on a file"},
        {"sync", "for the disk"},
        {"signal", "for a signal"},
        {"interpreter", "for its turn: another thread runs Python code"},
        {"await", "in an await"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (strcmp(doing, words[i][0]) == 0)
            return words[i][1];
    return "in the kernel";
}

static const char *how_long(struct report *r, const struct cell *ms)
{
    if (ms->kind == CELL_NULL)
        return "";
    return ms->real < 10000 ? answer_printf(r->answer, " for %.1f s", ms->real / 1000)
                            : answer_printf(r->answer, " for %.0f s", ms->real / 1000);
}

/* "waiting for 1.9 s, for a lock" */
static const char *state_text(struct report *r, struct rows *rows, const struct cell *cells)
{
    const char *verdict = cells[V_VERDICT].text, *time = how_long(r, &cells[V_FOR]);
    long long threads = rows_int(rows, V_THREADS);

    if (strcmp(verdict, "running_hot") == 0)
        return answer_printf(r->answer, "running hot, %.0f %% of a CPU%s", cells[V_CPU].real * 100,
                             time);
    if (strcmp(verdict, "running") == 0)
        return answer_printf(r->answer, "running a little, %.0f %% of a CPU",
                             cells[V_CPU].real * 100);
    if (strcmp(verdict, "deadlocked") == 0 && threads > 1)
        return answer_printf(
            r->answer,
            "deadlocked%s, as all %lld threads wait for locks that only they can give free", time,
            threads);
    if (strcmp(verdict, "deadlocked") == 0)
        return answer_printf(r->answer, "deadlocked%s, as no other thread can give its lock free",
                             time);
    if (strcmp(verdict, "waiting") == 0)
        return answer_printf(r->answer, "waiting%s, %s%s%s%s", time,
                             waiting_for(cells[V_DOING].text),
                             cells[V_ON].kind != CELL_NULL ? ": " : "",
                             cells[V_ON].kind != CELL_NULL ? cells[V_ON].text : "",
                             rows_int(rows, V_LOCKS) > 1 && strcmp(cells[V_DOING].text, "lock") == 0
                                 ? " (so do others: perhaps for each other)"
                                 : "");
    return answer_printf(r->answer, "%s%s", verdict, time);
}

static int say_verdict(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;
    const char *where = ", in code that is not recorded";
    const char *what = cells[V_TASK].kind != CELL_NULL ? "task" : "thread";
    const char *name = cells[V_NAME].text[0] != '\0'
                           ? cells[V_NAME].text
                           : answer_printf(r->answer, "%lld", (long long)cells[V_THREAD].integer);
    const char *of = r->processes > 1 ? answer_printf(r->answer, " of process %lld",
                                                      (long long)cells[V_PID].integer)
                                      : "";

    if (cells[V_FUNCTION].kind != CELL_NULL)
        where = answer_printf(r->answer, ", in %s at %s:%lld", cells[V_FUNCTION].text,
                              cells[V_FILE].kind != CELL_NULL ? cells[V_FILE].text : "?",
                              (long long)cells[V_LINE].integer);
    part_say(r->answer, r->answer->last, 0, "- %s %s%s: %s%s", what, name, of,
             state_text(r, rows, cells), where);
    return 0;
}

int report_verdicts(struct report *r, struct error *err)
{
    struct part *part = report_begin(r, &report_part_verdicts, "At the Timeout:");
    struct fetch fetch = {VERDICTS_SQL, r->params, ARRAY_SIZE(r->params), say_verdict, r};
    int ret = fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);

    if (ret == 0 && part->nrows == MOST_VERDICTS)
        answer_omit(r->answer, -1, "verdicts", "%d are shown", MOST_VERDICTS);
    return ret;
}
