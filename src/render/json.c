/* json.c - an answer as one JSON object: its parts under their names, then what every answer has. A row takes a line. */
#include "base/base.h"

#include "render/escape.h"
#include "render/format.h"

static void put(const struct target *to, struct buf *text)
{
    if (text->failed)
        buf_puts(text, "null");
    fwrite(buf_text(text), 1, text->len, to->stream);
    buf_clear(text);
}

static void begin(const struct answer *answer, const struct target *to)
{
    (void)answer;
    fputs("{\n", to->stream);
}

/* Values of the answer itself: keys beside the parts' names. */
static int fields(const struct part *part, const struct target *to, struct error *err)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);
    int ret = 0;

    for (size_t i = 0; part->first != NULL && i < part->ncolumns; i++) {
        escape_json(&text, part->columns[i].name, strlen(part->columns[i].name));
        buf_puts(&text, ": ");
        escape_cell(&text, &part->first->cells[i], part->columns[i].type);
        buf_puts(&text, ",\n");
    }
    if (text.failed)
        ret = error_set(err, ERR_FAILED, "the answer is too large");
    else
        put(to, &text);
    buf_release(&text);
    return ret;
}

static int part(const struct answer *answer, const struct part *part, const struct target *to,
                struct error *err)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);
    int ret = 0;

    (void)answer;
    if (part->flags & PART_ONLY_IN_TEXT)
        return 0;
    if (part->kind == PART_FIELDS)
        return fields(part, to, err);
    escape_json(&text, part->name, strlen(part->name));
    buf_puts(&text, ": ");
    if (part->kind == PART_RECORD && part->first != NULL) {
        escape_row(&text, part, part->first);
    } else if (part->kind == PART_RECORD || part->first == NULL) {
        buf_puts(&text, part->kind == PART_RECORD ? "null" : "[]");
    } else {
        buf_puts(&text, "[\n");
        for (const struct row *r = part->first; r != NULL && !text.failed; r = r->next) {
            buf_puts(&text, "  ");
            escape_row(&text, part, r);
            if (r->next != NULL)
                buf_puts(&text, ",\n");
            if (text.len > 65536)
                put(to, &text);
        }
        buf_puts(&text, "\n]");
    }
    buf_puts(&text, ",\n");
    if (text.failed)
        ret = error_set(err, ERR_FAILED, "a row of the answer is too large");
    else
        put(to, &text);
    buf_release(&text);
    return ret;
}

static void put_omitted(const struct answer *answer, struct buf *text)
{
    if (answer->omitted == NULL)
        return;
    buf_puts(text, "\"omitted\": [\n");
    for (const struct omission *o = answer->omitted; o != NULL; o = o->next) {
        buf_puts(text, "  {\"what\": ");
        escape_json(text, o->what, strlen(o->what));
        buf_putf(text, ", \"count\": %lld", (long long)(o->count < 0 ? -o->count : o->count));
        if (o->count < 0)
            buf_puts(text, ", \"at_least\": true");
        buf_puts(text, ", \"reason\": ");
        escape_json(text, o->reason, strlen(o->reason));
        buf_puts(text, o->next != NULL ? "},\n" : "}\n");
    }
    buf_puts(text, "],\n");
}

static void put_next(const struct answer *answer, const struct target *to, struct buf *text)
{
    struct buf command = BUF_INIT(LIMIT_SQL_BYTES + 1024);

    if (answer->steps == NULL)
        return;
    buf_puts(text, "\"next\": [\n");
    for (const struct next_step *s = answer->steps; s != NULL; s = s->next) {
        buf_clear(&command);
        next_command_line(s, to->again, &command);
        buf_puts(text, "  {\"command\": ");
        escape_json(text, buf_text(&command), command.len);
        buf_puts(text, ", \"why\": ");
        escape_json(text, s->why, strlen(s->why));
        buf_puts(text, s->next != NULL ? "},\n" : "}\n");
    }
    buf_puts(text, "],\n");
    buf_release(&command);
}

static void end(const struct answer *answer, const struct target *to)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);

    if (answer->total >= 0)
        buf_putf(&text, "\"total\": %lld,\n", (long long)answer->total);
    put_omitted(answer, &text);
    put_next(answer, to, &text);
    if (answer->why != NULL) {
        buf_puts(&text, "\"why\": ");
        escape_json(&text, answer->why, strlen(answer->why));
        buf_puts(&text, ",\n");
    }
    buf_putf(&text, "\"query_time_ms\": %.3f,\n\"schema_version\": ", answer->query_time_ms);
    escape_json(&text, answer->schema_version, strlen(answer->schema_version));
    buf_puts(&text, "\n}\n");
    put(to, &text);
    buf_release(&text);
}

static void error(const struct error *problem, const struct target *to)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);
    const char *name = error_name(problem->code);

    buf_putf(&text, "{\"error\": \"%s\", \"message\": ", name);
    escape_json(&text, problem->message, strlen(problem->message));
    buf_puts(&text, ", \"suggestion\": ");
    escape_json(&text, problem->suggestion, strlen(problem->suggestion));
    buf_puts(&text, "}\n");
    put(to, &text);
    buf_release(&text);
}

const struct format format_json = {
    .name = "json",
    .summary = "one object, for programs and agents",
    .form = ANSWER_OBJECTS,
    .errors_in_stream = true,
    .begin = begin,
    .part = part,
    .end = end,
    .error = error,
};
