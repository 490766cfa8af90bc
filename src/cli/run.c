/* run.c - the command `run`: records what the Python code of a command does, and gets out of its way. */
#include "base/base.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "begin/announce.h"
#include "begin/run_place.h"
#include "cli/commands.h"
#include "cli/keep.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/run_child.h"
#include "cli/run_unreachable.h"
#include "ingest/ingest.h"
#include "query/next.h"
#include "settings/places.h"
#include "settings/table.h"
#include "trail/exits.h"
#include "trail/reach.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCK_WAIT_MS 10000 /* for another process to give the database free */

/* stdout is the command's: whatever we have to say goes to stderr, in any format. */
static void say_error(const struct error *err)
{
    struct target to = output_target(stderr);

    format_error(&format_table, err, &to);
}

static int fail(const struct cli *cli, const struct error *err, int status)
{
    say_error(err);
    if (status == EXIT_CODE_ERROR)
        help_usage(cli->command, stderr);
    return status;
}

/* ---- what is said at the end ---------------------------------------------------------------- */

static void tell_nothing_recorded(const struct run_unreachable *u, const char *gone)
{
    if (gone != NULL) {
        fprintf(stderr,
                "breadcrumb: what was recorded has gone: somebody has removed or moved '%s' while "
                "the command ran; run it again\n",
                gone);
        return;
    }
    fprintf(
        stderr, "breadcrumb: nothing was recorded%s\n",
        u->processes > 0
            ? ""
            : ": the command started no Python that can be reached; one with -I, -E or -S, in a "
              "frozen program, or without our PYTHONPATH, cannot be");
}

/* It could not be stored: where it is, and by which command it will be. */
static void advise(const struct run_place *place, const struct cli *cli, int code,
                   struct error *err)
{
    struct buf command = BUF_INIT(2 * LIMIT_PATH_BYTES);
    const char *first = code == ERR_DATABASE_CORRUPT   ? "; move that file out of the way: then"
                        : code == ERR_DATABASE_VERSION ? "; install a newer breadcrumb: then"
                                                       : ", and";

    buf_puts(&command, "breadcrumb ingest");
    if (cli->db_path != NULL) {
        buf_puts(&command, " --db-path ");
        next_quote(cli->db_path, &command);
    }
    error_suggest(err, "nothing is lost: it is kept in '%.300s'%s '%.500s' stores it",
                  place->folder, first, buf_text(&command));
    buf_release(&command);
}

static int ingest(const struct run_place *place, struct run_outcome *outcome, const struct cli *cli,
                  struct ingest_report *ret_told, struct error *err)
{
    struct ingest_options options = {
        .wait_ms = LOCK_WAIT_MS,
        .only_run = strrchr(place->folder, '/') + 1,
        .delete_consumed = true,
        /* What it left running may start Python again. */
        .run_over = run_tree_look(&outcome->tree) == 0,
    };
    char *trails = places_trails(place->database);
    int ret;

    if (trails == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    ret = ingest_run(place->database, trails, &options, ret_told, err);
    free(trails);
    if (ret < 0)
        advise(place, cli, ret, err);
    return ret;
}

/* Stores what was recorded and reports it. Nothing of that can change how we end. */
static void conclude(const struct run_place *place, struct run_outcome *outcome,
                     const struct cli *cli, const struct settings *settings)
{
    struct report_wish wish = {place->database, cli->db_path, place->run_id,
                               outcome->end == RUN_TIMED_OUT};
    const char *gone = io_is_dir(place->folder) ? NULL : place->folder;
    struct ingest_report told = {0};
    struct run_unreachable unreachable;
    struct error err;
    int ret;

    run_unreachable_read(&unreachable, place->folder);
    ret = ingest(place, outcome, cli, &told, &err);
    if (ret == 0 && keep_by_settings(place->database, settings->retention_days,
                                     settings->retention_mb, &err) < 0)
        say_error(&err);
    /* Silent is about what is as expected. A database that is in use is: the next question stores what is left. */
    if (settings->silent) {
        if (ret < 0 && ret != ERR_DATABASE_LOCKED)
            say_error(&err);
        goto out;
    }
    run_unreachable_settle(&unreachable, place->database, place->run_id);
    if (ret == 0)
        ret = report_run(&wish, stderr, &err);
    if (ret == ERR_EMPTY_DATABASE || ret == ERR_DATABASE_NOT_FOUND || ret == ERR_TRACE_NOT_FOUND)
        tell_nothing_recorded(&unreachable, gone);
    else if (ret < 0)
        say_error(&err);
    run_unreachable_tell(&unreachable);
out:
    run_unreachable_release(&unreachable);
}

/* Of a shell and `sudo` the words tell what their child is, which run_missed.h may have seen by itself. */
static bool child_is_told(const struct run_place *place, const struct run_outcome *outcome)
{
    const struct run_tree *tree = &outcome->tree;

    for (size_t i = 0; i < tree->count; i++)
        if (tree->processes[i].parent == outcome->pid &&
            run_unreachable_is_told(place->folder, (long)tree->processes[i].pid, 0, NULL))
            return true;
    return false;
}

/* What the command starts in turn, the recorder and run_missed.h tell. */
static void note_unreachable(const struct run_place *place, const struct run_outcome *outcome,
                             const char *const *argv)
{
    struct reach_env env = {place->folder, place->python_path};
    struct reach reach;

    reach_judge(&reach, argv, strchr(argv[0], '/') != NULL ? argv[0] : NULL, &env);
    if (!run_unreachable_is_told(place->folder, (long)outcome->pid, 0, NULL) &&
        !child_is_told(place, outcome))
        reach_note(place->folder, (long)outcome->pid, &reach);
}

static void note_end(const struct run_place *place, const struct run_outcome *outcome)
{
    const struct run_tree *tree = &outcome->tree;
    bool root_noted = false;

    for (size_t i = 0; outcome->end == RUN_TIMED_OUT && i < tree->count; i++) {
        if (!tree->processes[i].was_alive)
            continue;
        trail_exits_note(place->folder, tree->processes[i].pid, "timeout", EXIT_CODE_TIMEOUT);
        root_noted = root_noted || tree->processes[i].pid == outcome->pid;
    }
    if (root_noted)
        return;
    if (WIFSIGNALED(outcome->status))
        trail_exits_note(place->folder, outcome->pid, "signal", WTERMSIG(outcome->status));
    else
        trail_exits_note(place->folder, outcome->pid, "exit", WEXITSTATUS(outcome->status));
}

/* ---- the end -------------------------------------------------------------------------------- */

/* Ends as the command did, so that whoever started us sees that. The command has left its core file; ours would hide it. */
static int die_by(int number)
{
    const struct rlimit none = {0, 0};
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t one;

    fflush(NULL);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0); /* a core pattern with a pipe does not ask for the limit */
    sigaction(number, &action, NULL);
    sigemptyset(&one);
    sigaddset(&one, number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    raise(number);
    /* The first process of a container outlives it. */
    return 128 + number;
}

static int end_like(const struct run_outcome *outcome)
{
    if (outcome->end == RUN_TIMED_OUT)
        return EXIT_CODE_TIMEOUT;
    if (WIFEXITED(outcome->status))
        return WEXITSTATUS(outcome->status);
    return die_by(outcome->end == RUN_INTERRUPTED ? SIGINT : WTERMSIG(outcome->status));
}

static int run_untraced(const struct cli *cli, const struct run_options *options, char **argv)
{
    struct run_outcome outcome;
    struct run_child_spec spec = {.argv = argv,
                                  .timeout_ns = options->timeout_ns,
                                  .grace_ns = options->grace_ns,
                                  .silent = options->settings.silent};
    char whence[LIMIT_PATH_BYTES + 32];
    struct error err;
    int status;

    if (options->fault.code != 0) {
        struct error said = options->fault;

        snprintf(said.message, sizeof(said.message),
                 "the command runs without being recorded: %.900s", options->fault.message);
        say_error(&said);
    } else if (!options->settings.silent) {
        settings_whence(&options->settings, settings_row("enabled"), whence, sizeof(whence));
        fprintf(stderr, "Breadcrumb disabled by %s: the command runs without being recorded\n",
                whence);
    }
    status = run_child(&spec, &outcome, &err);
    if (status != 0)
        return fail(cli, &err, status);
    run_tree_release(&outcome.tree);
    return end_like(&outcome);
}

static int run_traced(const struct cli *cli, struct run_options *options, char **argv)
{
    struct run_place place;
    struct run_outcome outcome;
    struct run_pressure pressure = {0};
    struct run_missed missed = RUN_MISSED_INIT;
    struct follow follow;
    struct run_child_spec spec = {.argv = argv,
                                  .place = &place,
                                  .follow = &follow,
                                  .timeout_ns = options->timeout_ns,
                                  .grace_ns = options->grace_ns,
                                  .silent = options->settings.silent};
    struct error err;
    int status;

    if (run_place_make(&place, &options->settings, argv, options->timeout_ns, &err) < 0) {
        const char *variable = places_database_variable(&options->settings);

        if (variable == NULL)
            return fail(cli, &err, EXIT_CODE_CANNOT_START);
        options->fault = err;
        snprintf(options->fault.message, sizeof(options->fault.message), "%.800s (%s)", err.message,
                 variable);
        return run_untraced(cli, options, argv);
    }
    if (!options->settings.silent) {
        announce_run(&options->settings, &place);
        pressure.folder = place.folder;
        spec.pressure = &pressure;
        missed.folder = place.folder;
        spec.missed = &missed;
    }
    follow_init(&follow, &options->settings);
    follow.run_folder = place.folder;
    follow.database = place.database;
    status = run_child(&spec, &outcome, &err);
    follow_finish(&follow);
    if (status != 0) {
        run_place_undo(&place);
        run_place_release(&place);
        return fail(cli, &err, status);
    }
    note_end(&place, &outcome);
    note_unreachable(&place, &outcome, (const char *const *)argv);
    signal(SIGPIPE,
           SIG_IGN); /* nobody reads the report: no reason to end otherwise than the command */
    run_pressure_end(&pressure);
    conclude(&place, &outcome, cli, &options->settings);
    if (run_tree_look(&outcome.tree) > 0)
        follow_leave(&follow);
    run_tree_release(&outcome.tree);
    run_place_release(&place);
    return end_like(&outcome);
}

int cmd_run(const struct cli *cli, int argc, char **argv)
{
    struct run_options options;
    struct error err;
    int status;

    if (run_options_read(cli, &options, &err) < 0) {
        status = fail(cli, &err, EXIT_CODE_ERROR);
    } else if (argc == 0) {
        error_set(&err, ERR_USAGE, "the command to run is missing");
        error_suggest(&err, "write it last: breadcrumb run -t 60 python app.py");
        status = fail(cli, &err, EXIT_CODE_ERROR);
    } else {
        status = run_child_check(argv[0], &err);
        if (status != 0)
            status = fail(cli, &err, status);
        else if (options.settings.enabled)
            status = run_traced(cli, &options, argv);
        else
            status = run_untraced(cli, &options, argv);
    }
    run_options_release(&options);
    return status;
}
