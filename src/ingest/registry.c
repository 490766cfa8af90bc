/* registry.c - see registry.h. What a record puts there is in registry_take.c. */
#include "base/base.h"

#include "ingest/registry.h"
#include "ingest/registry_private.h"

#define NEAR 64 /* threads that may begin at the same moment */

void registry_init(struct registry *r)
{
    *r = (struct registry){.arena = ARENA_INIT(REGISTRY_OTHERS_BYTES + REGISTRY_RECORD_BYTES)};
    r->python = r->breadcrumb = r->host = r->executable = r->cwd = r->command = r->settings = "";
    r->notes = "";
}

void registry_release(struct registry *r)
{
    for (size_t i = 0; i < r->ncodes; i++)
        linetable_release(&r->codes[i].lines);
    free(r->codes);
    free(r->nargs);
    free(r->types.json);
    free(r->types.layouts);
    free(r->type_texts);
    free(r->threads);
    free(r->losses);
    forks_release(&r->forks);
    arena_release(&r->arena);
}

struct trail_arity registry_arity(const struct registry *r)
{
    return (struct trail_arity){r->nargs, r->nnargs};
}

struct code *registry_code(struct registry *r, uint64_t id)
{
    return id < r->ncodes && r->codes[id].known ? &r->codes[id] : NULL;
}

const char *registry_type(const struct registry *r, uint64_t id)
{
    return id < r->ntype_texts && r->type_texts[id] != NULL ? r->type_texts[id] : "?";
}

static const struct thread_info *thread_among(const struct registry *r, uint32_t stream,
                                              size_t from, size_t end)
{
    for (size_t i = from; i < end && i < r->nthreads; i++) {
        if (r->threads[i].stream == stream)
            return &r->threads[i];
    }
    return NULL;
}

/* Streams are numbered as their threads begin, and told of a moment later: each stands about where its number says. */
const struct thread_info *registry_thread(const struct registry *r, uint32_t stream)
{
    size_t from = stream > NEAR ? stream - NEAR : 0;
    const struct thread_info *found = thread_among(r, stream, from, from + 2 * NEAR);

    return found != NULL ? found : thread_among(r, stream, 0, r->nthreads);
}

static const struct linetable *lines_of(struct code *code)
{
    if (!code->lines_made) {
        code->lines_made = true;
        linetable_load(&code->lines, code->table_format, code->table, code->table_len,
                       code->first_line);
    }
    return &code->lines;
}

int32_t registry_line(struct code *code, uint64_t at)
{
    if (at == 0)
        return 0;
    if (code->last_at == at)
        return code->last_line;
    code->last_at = at;
    code->last_line = linetable_line(lines_of(code), at - 1);
    return code->last_line;
}

int32_t registry_next_line(struct code *code, uint64_t at)
{
    return at > 0 ? linetable_next_line(lines_of(code), at - 1) : 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Reads one segment from r->offset on. False when memory is out. */
static bool read_segment(struct registry *r, const struct trail_segment *seg)
{
    struct trail_registry_record rec;
    struct trail_cursor c;
    uint64_t committed = trail_segment_committed(seg, &r->state);
    int more;

    if (!r->has_header) {
        r->header = *seg->header;
        r->has_header = true;
    }
    trail_cursor_init(&c, seg, r->offset, 0, committed, NULL);
    for (;;) {
        const uint8_t *before = c.p;

        more = trail_registry_next(&c, &rec);
        if (more == 0)
            break;
        if (more < 0)
            r->damaged_bytes += (uint64_t)(c.p - before);
        else if (!registry_take(r, &rec))
            return false;
    }
    r->offset = (uint64_t)(c.p - c.base);
    return true;
}

int registry_read(struct registry *r, const char *dir, struct error *err)
{
    for (;;) {
        struct trail_segment seg;
        int opened = trail_segment_open(&seg, dir, 0, r->segment);
        bool ok;

        if (opened == TRAIL_FOREIGN) {
            r->foreign = true;
            return 0;
        }
        if (opened == TRAIL_UNREADABLE)
            return error_set_errno(err, ERR_SYSTEM, "cannot read '%s/registry.%u'", dir,
                                   r->segment);
        if (opened == TRAIL_GARBAGE) { /* what follows may still be read */
            r->damaged_bytes += sizeof(struct trail_header);
            r->segment++;
            r->offset = 0;
            continue;
        }
        if (opened != TRAIL_OPENED)
            return 0;
        ok = read_segment(r, &seg);
        trail_segment_close(&seg);
        if (!ok)
            return error_set(err, ERR_FAILED, "memory is out");
        if (r->state != TRAIL_SEALED)
            return 0;
        r->segment++;
        r->offset = 0;
    }
}
