/* exceptions_text.c - how each exception came about, for people: see exceptions.h. */
#include "base/base.h"

#include "query/brief.h"
#include "query/exceptions.h"

#define MOST_OF_A_VALUE 60
#define MOST_OF_A_MESSAGE 200

struct telling {
    struct answer *answer;
    struct part *part;
    bool first; /* of its list */
};

/* Words before the first line of a list, as many blanks before the others. */
static void say(struct telling *t, const char *word, const struct buf *text)
{
    part_say(t->answer, t->part, 1, "%-8s %s", t->first ? word : "", buf_text(text));
    t->first = false;
}

static void add_line(struct telling *t)
{
    part_add(t->answer, t->part);
}

static void add_frame(void *ctx, const struct cell *frame)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);
    struct telling *t = ctx;

    brief_text(&text, frame, "function", LIMIT_NAME_BYTES);
    buf_putc(&text, '(');
    brief_member(&text, frame, "args", true, MOST_OF_A_VALUE);
    buf_putc(&text, ')');
    add_line(t);
    say(t, "ended", &text);
    buf_release(&text);
}

static void add_cause(void *ctx, const struct cell *cause)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES), more = BUF_INIT(LIMIT_ANSWER_BYTES);
    struct telling *t = ctx;

    brief_text(&text, cause, "exception_type", LIMIT_NAME_BYTES);
    brief_text(&more, cause, "message", MOST_OF_A_MESSAGE);
    if (more.len > 0)
        buf_putf(&text, ": %s", buf_text(&more));
    buf_clear(&more);
    brief_text(&more, cause, "function", LIMIT_NAME_BYTES);
    if (more.len > 0 && strcmp(buf_text(&more), "null") != 0)
        buf_putf(&text, ", raised in %s", buf_text(&more));
    buf_puts(&text, ", line ");
    brief_member(&text, cause, "line", false, MOST_OF_A_VALUE);
    add_line(t);
    say(t, "from", &text);
    buf_release(&more);
    buf_release(&text);
}

static void add_raised(struct telling *t, const struct cell *c)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);

    if (c[EXCEPTION_FUNCTION].kind == CELL_TEXT)
        buf_putf(&text, "%s.%s", c[EXCEPTION_MODULE].text, c[EXCEPTION_FUNCTION].text);
    else
        buf_puts(&text, "code that is not recorded");
    if (c[EXCEPTION_FILE].kind == CELL_TEXT)
        buf_putf(&text, ", %s:%lld", c[EXCEPTION_FILE].text, (long long)c[EXCEPTION_LINE].integer);
    add_line(t);
    t->first = true;
    say(t, "raised", &text);
    buf_release(&text);
}

static void add_handled(struct telling *t, const struct cell *c)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);
    const char *handled = c[EXCEPTION_HANDLED].kind == CELL_TEXT ? c[EXCEPTION_HANDLED].text : "";

    if (strcmp(handled, "false") == 0)
        buf_puts(&text, "by nobody: it ended the thread or the program");
    else if (strcmp(handled, "true") != 0)
        buf_puts(&text, "unknown: it left the code that is recorded");
    else if (c[EXCEPTION_HANDLED_BY].kind != CELL_TEXT)
        buf_puts(&text, "by code that is not recorded");
    else
        buf_putf(&text, "by %s", c[EXCEPTION_HANDLED_BY].text);
    if (c[EXCEPTION_HANDLED_LINE].kind == CELL_INT)
        buf_putf(&text, ", line %lld", (long long)c[EXCEPTION_HANDLED_LINE].integer);
    add_line(t);
    t->first = true;
    say(t, "handled", &text);
    buf_release(&text);
}

void exceptions_tell(struct answer *answer, const struct part *exceptions)
{
    static const struct column NONE[1];
    struct telling t = {answer, answer_part(answer, PART_LINES, "told", NONE, 0), true};

    if (t.part == NULL)
        return;
    t.part->flags |= PART_ONLY_IN_TEXT;
    t.part->title = "How they came about, in the same order:";
    for (const struct row *r = exceptions->first; r != NULL; r = r->next) {
        const struct cell *c = r->cells;
        const char *message =
            c[EXCEPTION_MESSAGE].kind == CELL_TEXT ? c[EXCEPTION_MESSAGE].text : "";

        add_line(&t);
        part_say(answer, t.part, 0, "%s%s%s", c[EXCEPTION_TYPE].text,
                 message[0] != '\0' ? ": " : "", message);
        add_raised(&t, c);
        t.first = true;
        brief_each(&c[EXCEPTION_FRAMES], add_frame, &t);
        add_handled(&t, c);
        t.first = true;
        brief_each(&c[EXCEPTION_CAUSES], add_cause, &t);
    }
}
