/*
 * describe.c - `help --all`: every command with all that its tables say, as JSON. The manual pages, the documentation's checks and anything
 * else that wants a face of its own are made from this (tools/faces.py).
 */
#include "base/base.h"

#include "base/buf.h"
#include "cli/commands.h"
#include "query/question.h"
#include "render/escape.h"

static void put_text(struct buf *out, const char *key, const char *text)
{
    buf_putf(out, "\"%s\": ", key);
    if (text != NULL)
        escape_json(out, text, strlen(text));
    else
        buf_puts(out, "null");
}

static void put_argument(struct buf *out, const struct argument *a)
{
    char space[64], letter[2] = {a->letter, '\0'};

    buf_putc(out, '{');
    put_text(out, "name", a->name);
    buf_puts(out, ", ");
    put_text(out, "letter", a->letter != 0 ? letter : NULL);
    buf_puts(out, ", ");
    put_text(out, "type", argument_type_name(a->type));
    buf_puts(out, ", ");
    put_text(out, "metavar", argument_metavar(a, space, sizeof(space)));
    buf_puts(out, ", ");
    put_text(out, "default", a->fallback);
    buf_puts(out, ", ");
    put_text(out, "help", a->help);
    buf_puts(out, ", ");
    put_text(out, "example", a->example != NULL ? a->example : a->fallback);
    buf_putf(out, ", \"positional\": %s, \"required\": %s, \"repeats\": %s, \"hidden\": %s",
             a->flags & ARGUMENT_POSITIONAL ? "true" : "false",
             a->flags & ARGUMENT_REQUIRED ? "true" : "false",
             a->flags & ARGUMENT_REPEATS ? "true" : "false",
             a->flags & ARGUMENT_HIDDEN ? "true" : "false");
    if (a->min != 0 || a->max != 0)
        buf_putf(out, ", \"min\": %lld, \"max\": %lld", (long long)a->min, (long long)a->max);
    if (a->choices != NULL) {
        buf_puts(out, ", \"choices\": [");
        for (const char *const *c = a->choices; *c != NULL; c++) {
            buf_puts(out, c != a->choices ? ", " : "");
            escape_json(out, *c, strlen(*c));
        }
        buf_putc(out, ']');
    }
    buf_putc(out, '}');
}

static void put_arguments(struct buf *out, const char *key, const struct argument *args, size_t n)
{
    buf_putf(out, "\"%s\": [", key);
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, i > 0 ? ",\n    " : "\n    ");
        put_argument(out, &args[i]);
    }
    buf_puts(out, "]");
}

static void put_parts(struct buf *out, const struct question *question)
{
    buf_puts(out, ",\n   \"answer\": [");
    for (const struct question_part *const *p = question->parts; *p != NULL; p++) {
        buf_puts(out, p != question->parts ? ",\n    {" : "\n    {");
        put_text(out, "name", (*p)->name);
        buf_puts(out, ", ");
        put_text(out, "meaning", (*p)->meaning);
        buf_puts(out, ", \"columns\": [");
        for (size_t i = 0; i < (*p)->ncolumns; i++) {
            buf_puts(out, i > 0 ? ", {" : "{");
            put_text(out, "name", (*p)->columns[i].name);
            buf_puts(out, ", ");
            put_text(out, "meaning", (*p)->columns[i].meaning);
            buf_putc(out, '}');
        }
        buf_puts(out, "]}");
    }
    buf_puts(out, "]");
}

static void put_command(struct buf *out, const struct command *c)
{
    buf_puts(out, "  {");
    put_text(out, "name", c->name);
    buf_puts(out, ", ");
    put_text(out, "summary", c->summary);
    buf_puts(out, ", ");
    put_text(out, "usage", c->usage);
    buf_puts(out, ", ");
    put_text(out, "detail", c->detail);
    buf_puts(out, ",\n   ");
    put_arguments(out, "arguments", c->args, c->nargs);
    buf_puts(out, ",\n   \"examples\": [");
    for (const char *const *e = c->examples; e != NULL && e[0] != NULL; e += 2) {
        buf_puts(out, e != c->examples ? ", {" : "{");
        put_text(out, "command", e[0]);
        buf_puts(out, ", ");
        put_text(out, "meaning", e[1]);
        buf_putc(out, '}');
    }
    buf_puts(out, "]");
    if (c->question != NULL)
        put_parts(out, c->question);
    buf_putc(out, '}');
}

void help_all(FILE *to)
{
    struct buf out = BUF_INIT(16 << 20);
    struct command command;
    bool first = true;

    buf_puts(&out, "{\n");
    put_arguments(&out, "options", global_args, global_nargs);
    buf_puts(&out, ",\n\"commands\": [\n");
    for (size_t i = 0; command_at(i, &command); i++) {
        if (command.flags & COMMAND_HIDDEN)
            continue;
        buf_puts(&out, first ? "" : ",\n");
        first = false;
        put_command(&out, &command);
    }
    buf_puts(&out, "\n]\n}\n");
    fwrite(buf_text(&out), 1, out.len, to);
    buf_release(&out);
}
