/* registry.c - see reader.h: the records of a process's registry. */
#include "base/base.h"

#include "base/limits.h"
#include "trail/in.h"

static void get_uuid(struct trail_in *in, uint8_t ret_id[16])
{
    struct trail_bytes bytes = trail_get_bytes(in, 16);

    if (bytes.len == 16)
        memcpy(ret_id, bytes.data, 16);
}

/* Steps over n texts and returns their bytes. */
static struct trail_bytes get_texts(struct trail_in *in, uint64_t n)
{
    const uint8_t *from = in->p;

    for (uint64_t i = 0; i < n && !in->bad; i++)
        (void)trail_get_text(in);
    return (struct trail_bytes){from, in->bad ? 0 : (size_t)(in->p - from)};
}

static void get_process(struct trail_in *in, struct trail_registry_record *r)
{
    get_uuid(in, r->run_id);
    get_uuid(in, r->parent_trace_id);
    r->pid = trail_get_uv(in);
    r->ppid = trail_get_uv(in);
    for (int i = 0; i < 5; i++)
        r->text[i] = trail_get_text(in);
    r->n = trail_get_count(in, 1);
    r->list = get_texts(in, r->n);
    r->text[5] = trail_get_text(in);
}

static void get_code(struct trail_in *in, struct trail_registry_record *r)
{
    r->id = trail_get_uv(in);
    r->flags = trail_get_uv(in);
    for (int i = 0; i < 3; i++)
        r->text[i] = trail_get_text(in);
    r->first_line = trail_get_uv(in);
    r->n = trail_get_count(in, 1);
    if (r->n > LIMIT_ARGUMENTS)
        trail_in_fail(in);
    r->list = get_texts(in, r->n);
    r->npositional_only = trail_get_uv(in);
    r->nkeyword_only = trail_get_uv(in);
    r->table_format = trail_get_uv(in);
    r->table = trail_get_text(in);
}

static void get_small(struct trail_in *in, struct trail_registry_record *r)
{
    switch (r->kind) {
    case TRAIL_REG_TYPE:
        r->id = trail_get_uv(in);
        r->text[0] = trail_get_text(in);
        r->text[1] = trail_get_text(in);
        break;
    case TRAIL_REG_THREAD:
        r->id = trail_get_uv(in);
        r->tid = trail_get_uv(in);
        r->ident = trail_get_uv(in);
        r->text[0] = trail_get_text(in);
        r->wall_ns = trail_get_i64(in);
        break;
    case TRAIL_REG_CLOCK:
        r->ticks = trail_get_u64(in);
        r->wall_ns = trail_get_i64(in);
        r->mono_ns = trail_get_i64(in);
        break;
    case TRAIL_REG_LOSSES:
        r->id = trail_get_uv(in);
        if (r->id == 0 || r->id >= TRAIL_LOSS_CAUSES)
            trail_in_fail(in);
        r->tid = trail_get_uv(in);
        r->ident = trail_get_uv(in);
        r->wall_ns = trail_get_i64(in);
        r->mono_ns = trail_get_i64(in);
        break;
    case TRAIL_REG_LAYOUT:
        r->id = trail_get_uv(in);
        r->type = trail_get_uv(in);
        r->n = trail_get_count(in, 1);
        if (r->n > TRAIL_LAYOUT_NAMES)
            trail_in_fail(in);
        r->list = get_texts(in, r->n);
        break;
    case TRAIL_REG_FINISH:
        r->id = trail_get_uv(in);
        r->status = trail_get_sv(in);
        r->wall_ns = trail_get_i64(in);
        break;
    case TRAIL_REG_CHILD:
        r->pid = trail_get_uv(in);
        r->id = trail_get_uv(in);
        r->status = trail_get_sv(in);
        r->wall_ns = trail_get_i64(in);
        break;
    default: /* NOTE */
        r->text[0] = trail_get_text(in);
        r->text[1] = trail_get_text(in);
        break;
    }
}

/* Takes the kind and the payload of the record at the cursor, and moves past it; false when its length makes no
 * sense, and then to the end. */
static bool take_payload(struct trail_cursor *c, unsigned *ret_kind, struct trail_in *ret_payload)
{
    struct trail_in in = {c->p + 1, c->end, false};
    unsigned kind = *c->p;
    struct trail_bytes payload = trail_get_text(&in);

    c->p = in.p;
    if (kind == 0 || in.bad) {
        c->p = c->end;
        return false;
    }
    *ret_kind = kind;
    *ret_payload = (struct trail_in){payload.data, payload.data + payload.len, false};
    return true;
}

int trail_registry_next(struct trail_cursor *c, struct trail_registry_record *ret_record)
{
    while (c->p < c->end) {
        struct trail_in in;
        struct trail_registry_record *r = ret_record;
        unsigned kind;

        if (!take_payload(c, &kind, &in))
            return -1;
        if (kind > TRAIL_REG_CHILD)
            continue; /* of a later version */
        memset(r, 0, sizeof(*r));
        r->kind = (enum trail_registry_kind)kind;
        if (kind == TRAIL_REG_PROCESS)
            get_process(&in, r);
        else if (kind == TRAIL_REG_CODE)
            get_code(&in, r);
        else
            get_small(&in, r);
        return in.bad ? -1 : 1;
    }
    return 0;
}
