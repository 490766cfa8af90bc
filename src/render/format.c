/* format.c - see format.h. */
#include "base/base.h"

#include "render/format.h"

const struct format *const formats[] = {&format_json, &format_table, &format_csv, &format_jsonl,
                                        NULL};
const char *const format_names[] = {"json", "table", "csv", "jsonl", NULL};

const struct format *format_find(const char *name)
{
    for (const struct format *const *f = formats; *f != NULL; f++)
        if (strcmp((*f)->name, name) == 0)
            return *f;
    return &format_json;
}

static const struct part *main_part(const struct answer *answer)
{
    for (const struct part *p = answer->first; p != NULL; p = p->next)
        if (p->flags & PART_MAIN)
            return p;
    return NULL;
}

bool format_fits(const struct format *format, const struct question *question)
{
    if (!format->rows_only)
        return true;
    for (const struct question_part *const *p = question->parts; *p != NULL; p++)
        if ((*p)->flags & PART_MAIN)
            return true;
    return false;
}

static int write_parts(const struct format *format, const struct answer *answer,
                       const struct target *to, struct error *err)
{
    if (format->rows_only) {
        const struct part *part = main_part(answer);

        if (part == NULL)
            return error_set(err, ERR_USAGE, "the answer of '%s' is not rows: it cannot be %s",
                             answer->question, format->name);
        return format->part(answer, part, to, err);
    }
    for (const struct part *p = answer->first; p != NULL; p = p->next) {
        int ret = format->part(answer, p, to, err);

        if (ret < 0)
            return ret;
    }
    return 0;
}

int format_write(const struct format *format, const struct answer *answer, const struct target *to,
                 struct error *err)
{
    int ret;

    format->begin(answer, to);
    ret = write_parts(format, answer, to, err);
    if (ret < 0)
        return ret;
    format->end(answer, to);
    if (fflush(to->stream) != 0 || ferror(to->stream))
        return error_set_errno(err, ERR_SYSTEM, "cannot write the answer");
    return 0;
}

void format_error(const struct format *format, const struct error *problem, const struct target *to)
{
    format->error(problem, to);
    fflush(to->stream);
}
