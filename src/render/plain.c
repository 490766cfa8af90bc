/* plain.c - see plain.h. */
#include "base/base.h"

#include "render/escape.h"
#include "render/plain.h"

static void put_line(const struct target *to, const char *text, size_t max_width)
{
    struct buf line = BUF_INIT(LIMIT_ANSWER_BYTES);

    escape_line(&line, text, strlen(text), max_width);
    fputs(buf_text(&line), to->stream);
    buf_release(&line);
}

void plain_error(const struct error *problem, const struct target *to)
{
    fputs("breadcrumb: ", to->stream);
    put_line(to, problem->message, 0);
    if (problem->suggestion[0] != '\0') {
        fputs("; ", to->stream);
        put_line(to, problem->suggestion, 0);
    }
    fputc('\n', to->stream);
}

/* What is left out is named in the plural: "traces", "matches", "open calls". */
static int length_of_one(const char *what)
{
    size_t len = strlen(what);

    if (len > 4 && (strcmp(what + len - 4, "sses") == 0 || strcmp(what + len - 4, "ches") == 0))
        return (int)len - 2;
    return (int)len - 1;
}

void plain_omitted(const struct answer *answer, const char *before, const struct target *to)
{
    for (const struct omission *o = answer->omitted; o != NULL; o = o->next) {
        long long count = o->count < 0 ? -o->count : o->count;

        fprintf(to->stream, "%s%s%lld more %.*s: ", before, o->count < 0 ? "at least " : "", count,
                count == 1 ? length_of_one(o->what) : (int)strlen(o->what), o->what);
        put_line(to, o->reason, 0);
        fputc('\n', to->stream);
    }
}

/* Commands are shown whole, even past the terminal's width: they are made for pasting. */
void plain_next(const struct answer *answer, const struct target *to)
{
    struct buf command = BUF_INIT(LIMIT_SQL_BYTES + 1024);

    if (answer->steps == NULL)
        return;
    fputs("Next:\n", to->stream);
    for (const struct next_step *s = answer->steps; s != NULL; s = s->next) {
        buf_clear(&command);
        next_command_line(s, to->again, &command);
        fputs("  ", to->stream);
        put_line(to, buf_text(&command), 0);
        if (s->why[0] != '\0') {
            fputs("\n      # ", to->stream);
            put_line(to, s->why, 0);
        }
        fputc('\n', to->stream);
    }
    buf_release(&command);
}
