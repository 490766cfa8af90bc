/* jsonl.c - the rows alone, one JSON object a line. */
#include "base/base.h"

#include "render/escape.h"
#include "render/format.h"
#include "render/plain.h"

static void nothing(const struct answer *answer, const struct target *to)
{
    (void)answer;
    (void)to;
}

static int part(const struct answer *answer, const struct part *part, const struct target *to,
                struct error *err)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);
    int ret = 0;

    (void)answer;
    for (const struct row *r = part->first; r != NULL; r = r->next) {
        buf_clear(&text);
        escape_row(&text, part, r);
        buf_putc(&text, '\n');
        if (text.failed) {
            ret = error_set(err, ERR_FAILED, "a row of the answer is too large");
            break;
        }
        fwrite(buf_text(&text), 1, text.len, to->stream);
    }
    buf_release(&text);
    return ret;
}

const struct format format_jsonl = {
    .name = "jsonl",
    .summary = "one object a line, rows only",
    .form = ANSWER_OBJECTS,
    .rows_only = true,
    .begin = nothing,
    .part = part,
    .end = nothing,
    .error = plain_error,
};
