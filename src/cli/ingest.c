/* ingest.c - the command `ingest`: what every question does first, by itself and with patience. */
#include "base/base.h"

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/ingest.h"
#include "cli/keep.h"
#include "cli/output.h"
#include "ingest/ingest.h"
#include "settings/places.h"
#include "store/store.h"

#include <signal.h>
#include <time.h>

#define PATIENCE_MS 10000
#define TURN_ROWS 200000 /* about half a second of work */
#define REST_NS \
    250000000 /* a question that waits looks again sooner, and has time to take in the rest itself */

const struct argument ingest_args[] = {
    {.name = "background",
     .type = ARGUMENT_FLAG,
     .help = "in turns of about a second, between which questions are answered; SIGTERM ends it "
             "after a turn"},
};
const size_t ingest_nargs = ARRAY_SIZE(ingest_args);

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

/* ---- in turns ------------------------------------------------------------------------------ */

static volatile sig_atomic_t told_to_end;

static void on_term(int number)
{
    told_to_end = number;
}

static void add(struct ingest_report *sum, const struct ingest_report *turn)
{
    sum->events += turn->events;
    sum->rows += turn->rows;
    sum->bytes += turn->bytes;
    sum->losses += turn->losses;
    /* A process has something new in more than one turn: the greatest number is at least true. */
    sum->traces = turn->traces > sum->traces ? turn->traces : sum->traces;
    sum->foreign = turn->foreign;
    sum->unreadable = turn->unreadable;
}

static int take_turns(const char *path, const char *trails, struct ingest_report *ret_report,
                      struct error *err)
{
    struct ingest_options options = {.wait_ms = PATIENCE_MS,
                                     .delete_consumed = true,
                                     .batch_rows = TURN_ROWS,
                                     .one_batch = true};
    const struct timespec rest = {0, REST_NS};
    struct sigaction action = {.sa_handler = on_term};
    struct ingest_report turn = {.more = true};
    int ret = 0;

    sigaction(SIGTERM, &action, NULL);
    while (turn.more && told_to_end == 0) {
        turn = (struct ingest_report){0};
        if ((ret = ingest_run(path, trails, &options, &turn, err)) < 0)
            break;
        add(ret_report, &turn);
        if (turn.more)
            nanosleep(&rest, NULL);
    }
    return ret;
}

/* -------------------------------------------------------------------------------------------- */

static int take_all(const struct cli *cli, const char *path, const char *trails,
                    struct ingest_report *ret_report, struct error *err)
{
    struct ingest_options options = {.wait_ms = PATIENCE_MS, .delete_consumed = true};

    return arguments_flag(cli->args, "background")
               ? take_turns(path, trails, ret_report, err)
               : ingest_run(path, trails, &options, ret_report, err);
}

int cmd_ingest(const struct cli *cli, int argc, char **argv)
{
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
    ret = take_all(cli, path, trails, &report, &err);
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
