/* run_unreachable.c - see run_unreachable.h. */
#include "base/base.h"

#include "base/io.h"
#include "cli/run_unreachable.h"
#include "ingest/idmap.h"
#include "store/store.h"
#include "trail/unreachable.h"

#define LOCK_WAIT_MS 2000 /* for another process to give the database free */

void run_unreachable_read(struct run_unreachable *u, const char *folder)
{
    char *path = io_join(folder, TRAIL_UNREACHABLE);

    *u = (struct run_unreachable){.text = BUF_INIT(2 * TRAIL_UNREACHABLE_MOST)};
    if (path == NULL || !io_exists(path) || io_read_file(path, &u->text, NULL) < 0)
        buf_clear(&u->text);
    free(path);
}

bool run_unreachable_is_told(const char *folder, long pid, long parent, const char *reason)
{
    struct run_unreachable u;
    char *rest, *line;
    bool found = false;

    run_unreachable_read(&u, folder);
    rest = u.text.len > 0 ? u.text.data : NULL;
    while (!found && rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
        long whose = strtol(line, &line, 10);

        if (line[0] == ' ')
            found = whose != 0 ? whose == pid || whose == parent
                               : reason != NULL && strcmp(line + 1, reason) == 0;
    }
    run_unreachable_release(&u);
    return found;
}

/* Has a process of the run with this pid been recorded? If that cannot be asked: it may have been. */
static bool has_trace(struct store *store, const char *run_id, long pid)
{
    struct store_param params[] = {store_text("run", run_id), store_int("pid", pid)};
    struct store_query query = {
        .sql = "SELECT count(*) FROM traces WHERE run_id = $run::UUID AND pid = $pid",
        .params = params,
        .nparams = ARRAY_SIZE(params)};
    struct rows *rows = NULL;
    bool ret = store == NULL || store_query(store, &query, &rows, NULL) < 0 ||
               rows_next(rows, NULL) <= 0 || rows_int(rows, 0) > 0;

    rows_free(rows);
    return ret;
}

/* `run` may have looked at a process before the one that started it could say the same. A pid of 0 is not known. */
static bool is_counted(struct idmap *counted, long pid)
{
    static char there;

    if (pid == 0 ||
        (idmap_get(counted, (uint64_t)pid) == NULL && idmap_put(counted, (uint64_t)pid, &there)))
        return false;
    return true;
}

/* Lines of "pid reason". */
void run_unreachable_settle(struct run_unreachable *u, const char *database, const char *run_id)
{
    const size_t mark = strlen(TRAIL_UNREACHABLE_PERHAPS);
    struct idmap counted = {0};
    struct store *store = NULL;
    char *rest = u->text.len > 0 ? u->text.data : NULL, *line;

    if (rest != NULL && strstr(rest, " " TRAIL_UNREACHABLE_PERHAPS) != NULL)
        store_open(&store, database, STORE_READ, LOCK_WAIT_MS, NULL);
    while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
        char *reason = strchr(line, ' ');

        if (reason == NULL)
            continue;
        reason++;
        if (strncmp(reason, TRAIL_UNREACHABLE_PERHAPS, mark) == 0) {
            if (has_trace(store, run_id, strtol(line, NULL, 10)))
                continue;
            reason += mark;
        }
        if (is_counted(&counted, strtol(line, NULL, 10)))
            continue;
        if (u->processes++ == 0)
            snprintf(u->first, sizeof(u->first), "%s", reason);
    }
    store_close(store);
    idmap_release(&counted);
}

void run_unreachable_tell(const struct run_unreachable *u)
{
    if (u->processes == 1)
        fprintf(stderr, "breadcrumb: a Python process ran without being recorded: Python %s\n",
                u->first);
    else if (u->processes > 1)
        fprintf(
            stderr,
            "breadcrumb: %zu Python processes ran without being recorded; the first: Python %s\n",
            u->processes, u->first);
}

void run_unreachable_release(struct run_unreachable *u)
{
    buf_release(&u->text);
}
