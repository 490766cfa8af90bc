/* ingest.c - the command `ingest`: what every question does first, by itself and with patience. */
#include "base/base.h"

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/keep.h"
#include "cli/output.h"
#include "ingest/ingest.h"
#include "settings/places.h"
#include "store/store.h"

#define PATIENCE_MS 10000

static const struct column COLUMNS[] = {
    {"db_path", "Database", COLUMN_TEXT, 0, "where it went"},
    {"events", "Events", COLUMN_INT, 0, "taken from the trails"},
    {"rows", "Rows", COLUMN_INT, 0, "written into all tables"},
    {"traces", "Traces", COLUMN_INT, 0, "processes that had something new"},
    {"bytes", "Trail read", COLUMN_BYTES, 0, "bytes of trail taken in"},
    {"losses", "Lost events", COLUMN_INT, 0, "that new rows of `losses` tell of"},
    {"foreign", "Other versions", COLUMN_INT, 0, "folders of another format version, left alone"},
    {"unreadable", "Unreadable", COLUMN_INT, 0,
     "folders whose registry cannot be read, left alone"},
};

static void fill(struct answer *answer, const char *path, const struct ingest_report *report)
{
    struct part *part = answer_part(answer, PART_RECORD, "ingest", COLUMNS, ARRAY_SIZE(COLUMNS));
    struct cell *cells = part_add(answer, part);

    if (cells == NULL)
        return;
    cells[0] = cell_text(answer, path);
    cells[1] = cell_int((int64_t)report->events);
    cells[2] = cell_int((int64_t)report->rows);
    cells[3] = cell_int((int64_t)report->traces);
    cells[4] = cell_int((int64_t)report->bytes);
    cells[5] = cell_int((int64_t)report->losses);
    cells[6] = cell_int((int64_t)report->foreign);
    cells[7] = cell_int((int64_t)report->unreadable);
}

int cmd_ingest(const struct cli *cli, int argc, char **argv)
{
    struct ingest_options options = {.wait_ms = PATIENCE_MS, .delete_consumed = true};
    struct ingest_report report = {0};
    struct target to = output_target(stdout);
    struct answer answer;
    struct error err;
    struct cli_place place = {0};
    int ret = cli_find_place(cli, &place, &err);
    char *path = place.database, *trails = path != NULL ? places_trails(path) : NULL;
    int64_t start = clock_mono_ns();

    (void)argc;
    (void)argv;
    answer_init(&answer);
    if (path != NULL && trails == NULL)
        ret = error_set(&err, ERR_FAILED, "memory is out");
    if (trails == NULL)
        goto out;
    ret = ingest_run(path, trails, &options, &report, &err);
    if (ret == 0)
        ret = keep_by_settings(path, place.retention_days, place.retention_mb, &err);
    if (ret < 0)
        goto out;
    answer.question = "ingest";
    answer.schema_version = store_schema_newest();
    answer.query_time_ms = (double)(clock_mono_ns() - start) / 1e6;
    fill(&answer, path, &report);
    ret = format_write(cli->format, &answer, &to, &err);
    if (ret < 0 && ferror(stdout))
        ret = 0;
out:
    answer_release(&answer);
    free(trails);
    free(path);
    return ret < 0 ? cli_fail(cli, &err) : EXIT_CODE_OK;
}
