/* testprogram.c - see testprogram.h. */
#include "base/base.h"

#include "ingest/testprogram.h"

static uint64_t below(struct testprogram *p, uint64_t n)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (p->random >> 11) % n;
}

void testprogram_begin(struct testprogram *p, struct testtrail *trail, uint64_t seed,
                       uint32_t threads)
{
    static const char *const names[] = {"a", "b", "c"};

    *p = (struct testprogram){
        .trail = trail, .random = seed * 2654435761 + 88172645463325252ULL, .threads = threads};
    for (uint32_t i = 2; i <= threads; i++)
        testtrail_thread(trail, i);
    for (size_t i = 0; i < TESTPROGRAM_CODES; i++) {
        char name[32];

        snprintf(name, sizeof(name), "Class%zu.method", i);
        p->codes[i] =
            testtrail_code(trail, name, i % 2 == 0 ? 0 : TRAIL_CODE_GENERATOR, i % 4, names);
    }
    p->type = testtrail_type(trail, "builtins", "OSError");
}

static void put_value(struct testprogram *p, struct trail_out *out)
{
    switch (below(p, 5)) {
    case 0:
        trail_put_int(out, (int64_t)below(p, 1000000));
        break;
    case 1:
        trail_put_string(out, TRAIL_TAG_STR, "some text\n\xc3\xa9", 12);
        break;
    case 2:
        trail_put_u8(out, TRAIL_TAG_LIST);
        trail_put_uv(out, 5);
        trail_put_uv(out, 2);
        trail_put_int(out, -1);
        trail_put_u8(out, TRAIL_TAG_TRUE);
        break;
    case 3:
        trail_put_int(out, (int64_t)(below(p, UINT64_MAX)));
        break;
    default:
        trail_put_u8(out, TRAIL_TAG_NONE);
        break;
    }
}

static void call(struct testprogram *p, uint32_t stream)
{
    size_t code = below(p, TESTPROGRAM_CODES);
    struct trail_out *out = testtrail_values(p->trail);

    for (size_t i = 0; i < code % 4; i++)
        put_value(p, out);
    testtrail_call(p->trail, stream, p->codes[code], below(p, 17));
    p->in_flight[stream] = false;
    p->calls++;
}

static void raise(struct testprogram *p, uint32_t stream)
{
    struct trail_frame frames[] = {{p->codes[below(p, TESTPROGRAM_CODES)], 3}, {p->codes[0], 1}};
    struct trail_raise r = {.type = p->type,
                            .message = "no such file",
                            .message_len = 12,
                            .frames = frames,
                            .nframes = 2};

    testtrail_raise(p->trail, stream, &r);
    p->in_flight[stream] = true;
}

static void rest(struct testprogram *p, uint32_t stream)
{
    if (p->nsuspended == TESTPROGRAM_SUSPENDED)
        return;
    p->suspended[p->nsuspended++] = testtrail_top(p->trail, stream);
    testtrail_yield(p->trail, stream);
}

static void wake(struct testprogram *p, uint32_t stream)
{
    size_t i;
    uint64_t id;

    if (p->nsuspended == 0)
        return;
    i = below(p, p->nsuspended);
    id = p->suspended[i];
    p->suspended[i] = p->suspended[--p->nsuspended];
    if (below(p, 4) == 0)
        testtrail_end_of(p->trail, stream, id, (enum trail_end_of)below(p, 4));
    else
        testtrail_resume(p->trail, stream, id, below(p, 2));
}

static void end(struct testprogram *p, uint32_t stream)
{
    if (p->in_flight[stream]) {
        testtrail_unwind(p->trail, stream);
        if (p->trail->streams[stream].depth == 0)
            p->in_flight[stream] = false;
        return;
    }
    put_value(p, testtrail_values(p->trail));
    testtrail_return(p->trail, stream);
}

static void do_rarer(struct testprogram *p, uint32_t stream, uint64_t dice)
{
    struct testtrail_stream *s = &p->trail->streams[stream];

    if (dice < 95 && p->in_flight[stream]) {
        testtrail_handled(p->trail, stream, below(p, 2) != 0 ? 0 : p->codes[2], 4);
        p->in_flight[stream] = false;
    } else if (dice < 96 && s->last_exception > 0) {
        testtrail_reraise(p->trail, stream,
                          below(p, s->last_exception < 5 ? s->last_exception : 5));
        p->in_flight[stream] = true;
    } else if (dice < 98) {
        testtrail_line(p->trail, stream, (int64_t)below(p, 5) - 2);
    } else if (dice < 99) {
        testtrail_task(p->trail, stream, below(p, 4), 0, NULL);
    } else {
        testtrail_loss(p->trail, stream, TRAIL_LOSS_QUOTA, p->codes[0], 3);
    }
}

void testprogram_step(struct testprogram *p)
{
    uint32_t stream = 1 + (uint32_t)below(p, p->threads);
    struct testtrail_stream *s = &p->trail->streams[stream];
    uint64_t dice = below(p, 100);

    testtrail_tick(p->trail, 1 + below(p, 1000));
    if (s->depth == 0 || (dice < 40 && s->depth < 50))
        call(p, stream);
    else if (dice < 75)
        end(p, stream);
    else if (dice < 82)
        rest(p, stream);
    else if (dice < 90)
        wake(p, stream);
    else if (dice < 93)
        raise(p, stream);
    else
        do_rarer(p, stream, dice);
}
