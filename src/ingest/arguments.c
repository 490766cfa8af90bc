/* arguments.c - see trace.h: a call's arguments as JSON. */
#include "base/base.h"

#include "ingest/trace.h"
#include "ingest/value_json.h"

struct arguments {
    struct trace *trace;
    struct code *code;
    struct trail_bytes values;
    size_t next; /* number of the argument that comes next in values */
};

static void put_named(struct arguments *a, struct buf *out, bool first)
{
    size_t i = a->next++;
    const char *key = a->code->keys[i];
    size_t len = a->code->key_lens[i] < UINT8_MAX ? a->code->key_lens[i] : strlen(key);

    if (!first)
        buf_putc(out, ',');
    buf_put(out, key, len);
    len = out->len;
    if (UNLIKELY(!value_json(out, &a->values, &a->trace->registry.types))) {
        out->len = len;
        buf_puts(out, "null");
    }
}

void arguments_take(struct trace *t, struct call *c, struct code *code,
                    const struct trail_record *r)
{
    struct buf *out = &t->scratch;
    struct arguments a = {t, code, r->values, 0};
    struct trail_bytes keyword_values;
    bool varargs = code->flags & TRAIL_CODE_VARARGS;
    size_t n;

    buf_clear(out);
    buf_putc(out, '{');
    while (a.next < code->nplain)
        put_named(&a, out, a.next == 0);
    if (UNLIKELY(varargs || code->nkeyword > 0)) {
        /* *args stand behind the keyword-only ones in the trail, and before them here. */
        keyword_values = a.values;
        for (n = 0; n < code->nkeyword; n++)
            trail_value_skip(&a.values);
        a.next += code->nkeyword;
        if (varargs)
            put_named(&a, out, code->nplain == 0);
    }
    buf_putc(out, '}');
    c->args = (uint32_t)out->len;
    if (UNLIKELY(code->nkeyword > 0)) {
        struct arguments k = {t, code, keyword_values, code->nplain};

        buf_putc(out, '{');
        for (n = 0; n < code->nkeyword; n++)
            put_named(&k, out, n == 0);
        buf_putc(out, '}');
        c->kwonly = (uint32_t)out->len - c->args;
    }
    if (UNLIKELY(code->flags & TRAIL_CODE_VARKEYWORDS)) {
        value_json_kwargs(out, &a.values, &t->registry.types);
        c->kwargs = (uint32_t)out->len - c->args - c->kwonly;
    }
    if (out->failed)
        sink_fail(t->sink, ERR_FAILED, "a call's arguments are longer than an answer may be");
    else
        call_set_text(t, c, out->data, out->len);
}
