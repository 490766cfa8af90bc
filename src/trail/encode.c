/* encode.c - see encode.h: the records that are not on the hot path. Guest code. */
#include "base/base.h"

#include "base/limits.h"
#include "trail/encode.h"

/* ---- thread streams ---------------------------------------------------------------------- */

void trail_encode_call_from(struct trail_out *out, uint64_t units,
                            const struct trail_call_from *call)
{
    uint8_t *p = out->p;

    if (!trail_room(out, 8 * TRAIL_UV_MAX))
        return;
    p = trail_uv_at(trail_head_at(p, units, TRAIL_CALL_FROM), call->flags);
    if (call->flags & TRAIL_FROM_PARENT)
        p = trail_ref_at(p, call->ref);
    if (call->flags & TRAIL_FROM_CALLER)
        p = trail_uv_at(trail_uv_at(p, call->caller_code), call->at);
    if (call->flags & TRAIL_FROM_LATE)
        p = trail_uv_at(p, call->late);
    out->p = trail_uv_at(p, call->code);
}

void trail_encode_raise(struct trail_out *out, uint64_t units, const struct trail_raise *raise)
{
    size_t nframes = raise->nframes;
    uint64_t flags = raise->flags;

    if (nframes > LIMIT_RAISE_FRAMES) {
        nframes = LIMIT_RAISE_FRAMES;
        flags |= TRAIL_RAISE_MORE_FRAMES;
    }
    trail_encode_plain(out, units, TRAIL_RAISE);
    trail_put_uv(out, flags);
    trail_put_uv(out, raise->type);
    trail_put_text(out, raise->message, raise->message_len);
    trail_put_uv(out, nframes);
    for (size_t i = 0; i < nframes; i++) {
        trail_put_uv(out, raise->frames[i].code);
        trail_put_uv(out, raise->frames[i].at);
    }
    if (flags & TRAIL_RAISE_CONTEXT)
        trail_put_uv(out, raise->context);
}

void trail_encode_sync(struct trail_out *out, uint64_t units, const struct trail_sync *sync)
{
    uint64_t offset = (uint64_t)(out->p - (const uint8_t *)sync->segment);

    trail_encode_plain(out, units, TRAIL_SYNC);
    trail_put_bytes(out, TRAIL_SYNC_MAGIC, 8);
    trail_put_uv(out, offset);
    trail_put_u64(out, sync->ticks);
    trail_put_uv(out, sync->last_call);
    trail_put_uv(out, sync->last_exception);
    trail_put_uv(out, sync->depth);
}

void trail_encode_extra(struct trail_out *out, uint64_t units, uint64_t subkind, const void *bytes,
                        size_t len)
{
    trail_encode_plain(out, units, TRAIL_EXTRA);
    trail_put_uv(out, subkind);
    trail_put_text(out, bytes, len);
}

void trail_encode_task(struct trail_out *out, uint64_t units, const struct trail_task *task)
{
    uint8_t bytes[2 * TRAIL_UV_MAX + LIMIT_NAME_BYTES];
    uint8_t *end = trail_uv_at(trail_uv_at(bytes, task->number), task->parent);

    if (task->name_len > 0 && task->name_len <= LIMIT_NAME_BYTES) {
        memcpy(end, task->name, task->name_len);
        end += task->name_len;
    }
    trail_encode_extra(out, units, TRAIL_EXTRA_TASK, bytes, (size_t)(end - bytes));
}

void trail_encode_thinned(struct trail_out *out, uint64_t units, uint64_t calls, uint64_t took)
{
    uint8_t bytes[2 * TRAIL_UV_MAX];
    uint8_t *end = trail_uv_at(trail_uv_at(bytes, calls), took);

    trail_encode_extra(out, units, TRAIL_EXTRA_THINNED, bytes, (size_t)(end - bytes));
}

/* ---- the registry ------------------------------------------------------------------------ */

/* A length is written last, in three bytes: enough for 2 MiB, the first two with the sign that more follow. */
#define LENGTH_BYTES 3

static uint8_t *begin_record(struct trail_out *out, enum trail_registry_kind kind)
{
    uint8_t *length;

    trail_put_u8(out, (uint8_t)kind);
    length = out->p;
    trail_put_bytes(out, "\0\0\0", LENGTH_BYTES);
    return length;
}

static void end_record(struct trail_out *out, uint8_t *length)
{
    size_t n;

    if (out->overflow)
        return;
    n = (size_t)(out->p - (length + LENGTH_BYTES));
    if (n >= (size_t)1 << (7 * LENGTH_BYTES)) {
        out->overflow = true;
        return;
    }
    length[0] = (uint8_t)(n | 0x80);
    length[1] = (uint8_t)(n >> 7 | 0x80);
    length[2] = (uint8_t)(n >> 14);
}

static void put_text(struct trail_out *out, struct trail_text text)
{
    trail_put_text(out, text.bytes, text.len);
}

static void put_i64(struct trail_out *out, int64_t v)
{
    trail_put_u64(out, (uint64_t)v);
}

void trail_encode_process(struct trail_out *out, const struct trail_process_info *info)
{
    uint8_t *length = begin_record(out, TRAIL_REG_PROCESS);

    trail_put_bytes(out, info->run_id.bytes, UUID_BYTES);
    trail_put_bytes(out, info->parent_trace_id.bytes, UUID_BYTES);
    trail_put_uv(out, info->pid);
    trail_put_uv(out, info->ppid);
    put_text(out, info->python);
    put_text(out, info->breadcrumb);
    put_text(out, info->host);
    put_text(out, info->executable);
    put_text(out, info->cwd);
    trail_put_uv(out, info->argc);
    for (size_t i = 0; i < info->argc; i++)
        put_text(out, info->argv[i]);
    put_text(out, info->settings);
    end_record(out, length);
}

void trail_encode_code(struct trail_out *out, const struct trail_code_info *info)
{
    uint8_t *length = begin_record(out, TRAIL_REG_CODE);

    trail_put_uv(out, info->id);
    trail_put_uv(out, info->flags);
    put_text(out, info->name);
    put_text(out, info->module);
    put_text(out, info->file);
    trail_put_uv(out, info->first_line);
    trail_put_uv(out, info->nargs);
    for (size_t i = 0; i < info->nargs; i++)
        put_text(out, info->args[i]);
    trail_put_uv(out, info->npositional_only);
    trail_put_uv(out, info->nkeyword_only);
    trail_put_uv(out, info->table_format);
    trail_put_text(out, info->table, info->table_len);
    end_record(out, length);
}

void trail_encode_type(struct trail_out *out, uint64_t id, struct trail_text module,
                       struct trail_text name)
{
    uint8_t *length = begin_record(out, TRAIL_REG_TYPE);

    trail_put_uv(out, id);
    put_text(out, module);
    put_text(out, name);
    end_record(out, length);
}

void trail_encode_layout(struct trail_out *out, const struct trail_layout_info *info)
{
    uint8_t *length = begin_record(out, TRAIL_REG_LAYOUT);

    trail_put_uv(out, info->id);
    trail_put_uv(out, info->type);
    trail_put_uv(out, info->n);
    for (size_t i = 0; i < info->n; i++)
        put_text(out, info->names[i]);
    end_record(out, length);
}

void trail_encode_thread(struct trail_out *out, const struct trail_thread_info *info)
{
    uint8_t *length = begin_record(out, TRAIL_REG_THREAD);

    trail_put_uv(out, info->stream);
    trail_put_uv(out, info->tid);
    trail_put_uv(out, info->ident);
    put_text(out, info->name);
    put_i64(out, info->wall_ns);
    end_record(out, length);
}

void trail_encode_clock(struct trail_out *out, uint64_t ticks, int64_t wall_ns, int64_t mono_ns)
{
    uint8_t *length = begin_record(out, TRAIL_REG_CLOCK);

    trail_put_u64(out, ticks);
    put_i64(out, wall_ns);
    put_i64(out, mono_ns);
    end_record(out, length);
}

void trail_encode_losses(struct trail_out *out, const struct trail_losses_info *info)
{
    uint8_t *length = begin_record(out, TRAIL_REG_LOSSES);

    trail_put_uv(out, (uint64_t)info->cause);
    trail_put_uv(out, info->code);
    trail_put_uv(out, info->events);
    put_i64(out, info->first_wall_ns);
    put_i64(out, info->last_wall_ns);
    end_record(out, length);
}

void trail_encode_finish(struct trail_out *out, enum trail_finish reason, int64_t status,
                         int64_t wall_ns)
{
    uint8_t *length = begin_record(out, TRAIL_REG_FINISH);

    trail_put_uv(out, (uint64_t)reason);
    trail_put_sv(out, status);
    put_i64(out, wall_ns);
    end_record(out, length);
}

void trail_encode_child(struct trail_out *out, const struct trail_child_info *info)
{
    uint8_t *length = begin_record(out, TRAIL_REG_CHILD);

    trail_put_uv(out, info->pid);
    trail_put_uv(out, (uint64_t)info->what);
    trail_put_sv(out, info->number);
    put_i64(out, info->wall_ns);
    end_record(out, length);
}

void trail_encode_note(struct trail_out *out, struct trail_text key, struct trail_text value)
{
    uint8_t *length = begin_record(out, TRAIL_REG_NOTE);

    put_text(out, key);
    put_text(out, value);
    end_record(out, length);
}
