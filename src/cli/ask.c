/* ask.c - every question is a command: its arguments are given already, its store is opened here, its answer written. */
#include "base/base.h"

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/pager.h"
#include "cli/report.h"
#include "cli/store.h"
#include "query/next.h"
#include "query/question.h"
#include "render/plain.h"

static int write_answer(const struct cli *cli, const struct answer *answer, struct error *err)
{
    struct buf database = BUF_INIT(2 * LIMIT_PATH_BYTES), format = BUF_INIT(100);
    struct target to = output_target(stdout);
    struct next_again again;
    struct pager pager;
    int ret;

    if (cli->db_path != NULL) {
        buf_puts(&database, " --db-path ");
        next_quote(cli->db_path, &database);
    }
    if (cli->format != &format_json)
        buf_putf(&format, " --format %s", cli->format->name);
    again = (struct next_again){buf_text(&database), buf_text(&format)};
    to.again = &again;
    to.stream = pager_begin(&pager);
    ret = format_write(cli->format, answer, &to, err);
    pager_end(&pager);
    buf_release(&database);
    buf_release(&format);
    return ret;
}

/* The formats without an end (csv, jsonl) cannot say what they left out; then it is said beside them. */
static void tell_omitted(const struct cli *cli, const struct answer *answer)
{
    const struct target to = {.stream = stderr};

    if (cli->format->rows_only)
        plain_omitted(answer, "breadcrumb: ", &to);
}

static bool is_empty(const struct answer *answer)
{
    if (answer->why != NULL)
        return true;
    for (const struct part *p = answer->first; p != NULL; p = p->next)
        if (p->nrows > 0)
            return false;
    return true;
}

/* Opens what the question needs. A question about what is live can do without a store. */
static int open_for(const struct question *question, const char *path, struct opened *ret,
                    struct error *err)
{
    int code;

    if (question->flags & QUESTION_WITHOUT_STORE)
        return 0;
    code = cli_open(path, ret, err);

    if (question->flags & QUESTION_OF_LIVE &&
        (code == ERR_DATABASE_NOT_FOUND || code == ERR_DATABASE_LOCKED))
        return 0;
    return code;
}

/* Of --verbose: it can be pasted into `breadcrumb query`, its parameters into --param. */
static void say_sql(void *ctx, const char *sql, const char *params, double ms)
{
    (void)ctx;
    fprintf(stderr, "SQL, %.1f ms: %s%s\n", ms, sql, params);
}

int cmd_ask(const struct cli *cli, int argc, char **argv)
{
    const struct question *question = cli->command->question;
    struct asking ask = {.args = cli->args,
                         .form = cli->format->form,
                         .timeout_ms = QUESTION_TIMEOUT_MS,
                         .max_bytes = QUESTION_MAX_BYTES};
    struct answer answer;
    struct live_facts *facts = NULL;
    struct opened opened = {0};
    struct error err;
    struct cli_place place = {0};
    int ret = cli_find_place(cli, &place, &err), status;
    char *path = place.database;

    (void)argc;
    (void)argv;
    answer_init(&answer);
    if (ret < 0)
        goto out;
    ask.timeout_ms = place.timeout_ms;
    ask.max_bytes = place.max_bytes;
    ret = open_for(question, path, &opened, &err);
    if (ret == 0 && question->flags & QUESTION_OF_LIVE)
        ret = live_gather(path, &opened, &facts, &err);
    if (ret < 0)
        goto out;
    if (cli->verbose && opened.store != NULL)
        store_tell(opened.store, say_sql, NULL);
    ask.store = opened.store;
    ask.live = live_of(facts);
    ret = question_ask(question, &ask, &answer, &err);
    if (ret == 0 && !(question->flags & QUESTION_OF_LIVE))
        answer_behind(&answer, opened.why_behind, opened.behind_events);
    /* The database is free again before anything is written: a reader of our output may be slow. */
    opened_close(&opened);
    if (ret == 0) {
        ret = write_answer(cli, &answer, &err);
        tell_omitted(cli, &answer);
    }
out:
    /* A reader of our output that has gone is no error (output.h). */
    if (ret == ERR_SYSTEM && ferror(stdout))
        ret = 0;
    status = ret < 0 ? cli_fail(cli, &err) : is_empty(&answer) ? EXIT_CODE_NOTHING : EXIT_CODE_OK;
    opened_close(&opened);
    live_release(facts);
    answer_release(&answer);
    free(path);
    return status;
}

static int give(struct arguments *args, const char *name, const char *value, struct error *err)
{
    return arguments_give(args, argument_find(args->specs, args->nspecs, name), value, "run", err);
}

int report_run(const struct report_wish *wish, FILE *to, struct error *err)
{
    struct buf database = BUF_INIT(2 * LIMIT_PATH_BYTES);
    struct arguments args;
    struct asking ask = {.args = &args,
                         .form = ANSWER_CELLS,
                         .timeout_ms = QUESTION_TIMEOUT_MS,
                         .max_bytes = QUESTION_MAX_BYTES};
    struct target target = output_target(to);
    struct next_again again = {"", ""};
    struct answer answer;
    struct opened opened = {0};
    int ret;

    answer_init(&answer);
    arguments_init(&args, question_report.args, question_report.nargs);
    ret = cli_open(wish->db_path, &opened, err);
    if (ret == 0 && wish->run_id != NULL)
        ret = give(&args, "run", wish->run_id, err);
    if (ret == 0 && wish->timed_out)
        ret = give(&args, "timed-out", "", err);
    if (ret < 0)
        goto out;
    ask.store = opened.store;
    ret = question_ask(&question_report, &ask, &answer, err);
    if (ret == 0)
        answer_behind(&answer, opened.why_behind, opened.behind_events);
    opened_close(&opened);
    if (ret < 0)
        goto out;
    if (wish->given_path != NULL) {
        buf_puts(&database, " --db-path ");
        next_quote(wish->given_path, &database);
        again.database = buf_text(&database);
    }
    target.again = &again;
    fputc('\n', to);
    ret = format_write(&format_table, &answer, &target, err);
out:
    opened_close(&opened);
    arguments_release(&args);
    answer_release(&answer);
    buf_release(&database);
    return ret;
}
