/* jobs.c - see jobs.h. */
#include "base/base.h"

#include "base/arena.h"
#include "mcp/captured.h"
#include "mcp/jobs.h"
#include "mcp/message.h"
#include "query/question.h"
#include "render/format.h"

#define REPORT_WIDTH 120
#define LIMIT_REPORT_BYTES 36000

static int ask(const struct question *question, struct store *store, const struct arguments *args,
               struct answer *answer, struct error *err)
{
    struct asking asking = {.store = store,
                            .args = args,
                            .form = ANSWER_CELLS,
                            .timeout_ms = QUESTION_TIMEOUT_MS,
                            .max_bytes = QUESTION_MAX_BYTES};

    return question_ask(question, &asking, answer, err);
}

/* ---- the latest traces ------------------------------------------------------------------------ */

static void put_trace(struct buf *out, const struct part *part, const struct row *row)
{
    static const char *const WANTED[] = {"id",       "status", "command",   "started_at",
                                         "ended_at", "calls",  "exceptions"};
    static const struct captured_limits LIMITS = {.text = 160};
    bool first = true;

    for (size_t i = 0; i < part->ncolumns; i++)
        for (size_t w = 0; w < ARRAY_SIZE(WANTED); w++) {
            if (strcmp(part->columns[i].name, WANTED[w]) != 0)
                continue;
            buf_putf(out, "%s\"%s\":", first ? "{" : ",", WANTED[w]);
            captured_cell(out, &row->cells[i], part->columns[i].type, &LIMITS);
            first = false;
        }
    buf_putc(out, '}');
}

int job_traces(const json_t *job, struct store *store, struct buf *out, struct error *err)
{
    const struct question *list = &question_list;
    const struct argument *limit = argument_find(list->args, list->nargs, "limit");
    struct arguments args;
    struct answer answer;
    char n[24];
    int ret;

    snprintf(n, sizeof(n), "%lld", (long long)json_integer_value(json_object_get(job, "limit")));
    answer_init(&answer);
    arguments_init(&args, list->args, list->nargs);
    ret = arguments_give(&args, limit, n, "limit", err);
    if (ret == 0)
        ret = ask(list, store, &args, &answer, err);
    if (ret == ERR_EMPTY_DATABASE)
        ret = 0;
    buf_putc(out, '[');
    for (const struct part *p = answer.first; ret == 0 && p != NULL; p = p->next)
        for (const struct row *r = p->flags & PART_MAIN ? p->first : NULL; r != NULL; r = r->next) {
            put_trace(out, p, r);
            if (r->next != NULL)
                buf_putc(out, ',');
        }
    buf_putc(out, ']');
    arguments_release(&args);
    answer_release(&answer);
    return ret;
}

/* ---- a report ----------------------------------------------------------------------------------- */

/* As people read it, up to the end of a line. */
static int write_report(const struct answer *answer, struct buf *out, struct error *err)
{
    struct target to = {.width = REPORT_WIDTH};
    char *text = NULL;
    size_t len = 0;
    int ret;

    to.stream = open_memstream(&text, &len);
    if (to.stream == NULL)
        return error_set(err, ERR_FAILED, "memory is out");
    ret = format_write(&format_table, answer, &to, err);
    fclose(to.stream);
    if (ret == 0 && len > LIMIT_REPORT_BYTES) {
        const char *end = memrchr(text, '\n', LIMIT_REPORT_BYTES);

        buf_put(out, text, end != NULL ? (size_t)(end + 1 - text) : 0);
        buf_putf(out, "(%zu bytes more)\n", len - out->len);
    } else if (ret == 0) {
        buf_put(out, text, len);
    }
    free(text);
    return ret;
}

int job_report(const json_t *job, struct store *store, struct buf *out, struct error *err)
{
    const struct question *report = &question_report;
    const char *trace = message_text(job, "trace");
    struct arguments args;
    struct answer answer;
    int ret;

    answer_init(&answer);
    arguments_init(&args, report->args, report->nargs);
    ret = arguments_give(&args, argument_find(report->args, report->nargs, "trace"),
                         trace != NULL ? trace : "", "trace", err);
    if (ret == 0)
        ret = ask(report, store, &args, &answer, err);
    if (ret == 0)
        ret = write_report(&answer, out, err);
    arguments_release(&args);
    answer_release(&answer);
    return ret;
}
