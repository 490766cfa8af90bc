/* next.c - see next.h. */
#include "base/base.h"

#include "query/next.h"
#include "query/question.h"

void next_quote(const char *word, struct buf *out)
{
    static const char PLAIN[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,";

    if (word[0] != '\0' && strspn(word, PLAIN) == strlen(word)) {
        buf_puts(out, word);
        return;
    }
    /* Double quotes read better round SQL, which is full of single ones. */
    if (strpbrk(word, "\"$`\\!") == NULL) {
        buf_putf(out, "\"%s\"", word);
        return;
    }
    buf_putc(out, '\'');
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *word);
    }
    buf_putc(out, '\'');
}

const char *next_single(struct answer *answer, const char *word)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);
    const char *ret;

    for (; *word != '\0'; word++) {
        if (*word == '\'')
            buf_puts(&text, "'\\''");
        else
            buf_putc(&text, *word);
    }
    ret = answer_printf(answer, "'%s'", buf_text(&text));
    buf_release(&text);
    return ret;
}

void next_command_line(const struct next_step *step, const struct next_again *again,
                       struct buf *out)
{
    const struct question *question = question_find(step->question);
    bool said = again == NULL;

    buf_putf(out, "breadcrumb %s", step->question);
    for (size_t i = 0; i < step->nvalues; i++) {
        const struct next_value *v = &step->values[i];
        const struct argument *spec = NULL;

        if (question != NULL)
            spec = argument_find(question->args, question->nargs, v->name);
        if (v->name[0] == '\0') {
            /* Words end our options: what follows belongs to the command that they are. */
            if (!said)
                buf_puts(out, again->database);
            said = true;
            buf_putf(out, " %s", v->value);
            continue;
        }
        buf_putc(out, ' ');
        if (spec != NULL && spec->type == ARGUMENT_FLAG) {
            buf_putf(out, "--%s", v->name);
            continue;
        }
        if (spec == NULL || !(spec->flags & ARGUMENT_POSITIONAL))
            buf_putf(out, "--%s ", v->name);
        next_quote(v->value, out);
    }
    if (!said)
        buf_putf(out, "%s%s", again->database, question != NULL ? again->format : "");
}
