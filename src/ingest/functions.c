/*
 * functions.c - see functions.h. A function is known by 128 bits of a hash of what makes it one, so that a million of them
 * fit into 32 MB; that two of a million meet has a chance of 1 in 10^26.
 */
#include "base/base.h"

#include "ingest/functions.h"

#define FNV_PRIME 0x100000001b3ULL

static void hash_text(uint64_t hash[2], const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash[0] = (hash[0] ^ (uint8_t)text[i]) * FNV_PRIME;
        hash[1] = (hash[1] + (uint8_t)text[i]) * 0x9E3779B97F4A7C15ULL;
        hash[1] ^= hash[1] >> 29;
    }
    hash[0] = (hash[0] ^ 0x1ff) * FNV_PRIME;
    hash[1] = (hash[1] + 0x1ff) * 0x9E3779B97F4A7C15ULL;
}

struct identity {
    const char *texts[4]; /* host, module, qualified name, file */
    int32_t line;
};

static void hash_identity(const struct identity *id, uint64_t hash[2])
{
    hash[0] = 0xcbf29ce484222325ULL;
    hash[1] = 0x9E3779B97F4A7C15ULL;
    for (size_t i = 0; i < ARRAY_SIZE(id->texts); i++)
        hash_text(hash, id->texts[i], strlen(id->texts[i]));
    hash_text(hash, (const char *)&id->line, sizeof(id->line));
    if (hash[0] == 0 && hash[1] == 0)
        hash[0] = 1;
}

static struct function_slot *find(const struct functions *f, const uint64_t hash[2])
{
    size_t i = (size_t)hash[0] & (f->room - 1);

    while ((f->slots[i].hash[0] | f->slots[i].hash[1]) != 0 &&
           (f->slots[i].hash[0] != hash[0] || f->slots[i].hash[1] != hash[1]))
        i = (i + 1) & (f->room - 1);
    return &f->slots[i];
}

static bool make_room(struct functions *f)
{
    struct functions bigger = *f;

    if (f->n * 2 < f->room)
        return true;
    bigger.room = f->room > 0 ? f->room * 2 : 1024;
    bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
    if (bigger.slots == NULL)
        return false;
    for (size_t i = 0; i < f->room; i++) {
        if ((f->slots[i].hash[0] | f->slots[i].hash[1]) != 0)
            *find(&bigger, f->slots[i].hash) = f->slots[i];
    }
    free(f->slots);
    *f = bigger;
    return true;
}

void functions_release(struct functions *f)
{
    free(f->slots);
    *f = (struct functions){NULL, 0, 0, 0, false};
}

static int load(struct functions *f, struct store *store, struct error *err)
{
    struct store_query query = {
        .sql =
            "SELECT host, module_name, qualified_name, file_path, line_number, id FROM functions"};
    struct rows *rows = NULL;
    int r = store_query(store, &query, &rows, err);

    while (r == 0 && (r = rows_next(rows, err)) > 0) {
        struct identity id = {.line = (int32_t)rows_int(rows, 4)};
        int32_t number = (int32_t)rows_int(rows, 5);
        struct function_slot *slot;
        uint64_t hash[2];

        for (size_t i = 0; i < ARRAY_SIZE(id.texts); i++) {
            const char *text = rows_text(rows, i, NULL);

            id.texts[i] = text != NULL ? text : "";
        }
        if (!make_room(f)) {
            r = error_set(err, ERR_FAILED, "memory is out");
            break;
        }
        hash_identity(&id, hash);
        slot = find(f, hash);
        *slot = (struct function_slot){{hash[0], hash[1]}, number};
        f->n++;
        if (number >= f->next)
            f->next = number + 1;
        r = 0;
    }
    rows_free(rows);
    f->loaded = r == 0;
    return r;
}

static void put_text(struct batch *b, size_t column, const char *text)
{
    batch_put_text(b, column, text, strlen(text));
}

static void append(struct sink *sink, const struct registry *registry, const struct code *c,
                   int32_t id)
{
    struct batch *b = sink_batch(sink, SINK_FUNCTIONS);

    if (b == NULL)
        return;
    batch_put_i32(b, 0, id);
    put_text(b, 1, c->function_name);
    put_text(b, 2, c->qualified_name);
    put_text(b, 3, c->module);
    put_text(b, 4, c->file);
    batch_put_i32(b, 5, c->first_line);
    batch_put_u8(b, 6, (c->flags & TRAIL_CODE_ASYNC) != 0);
    batch_put_u8(b, 7, (c->flags & TRAIL_CODE_GENERATOR) != 0);
    put_text(b, 8,
             c->flags & TRAIL_CODE_STDLIB    ? "stdlib"
             : c->flags & TRAIL_CODE_LIBRARY ? "library"
                                             : "app");
    put_text(b, 9, registry->host);
    if (c->kwargs_name != NULL)
        put_text(b, 10, c->kwargs_name);
    sink_end_row(sink, SINK_FUNCTIONS);
}

int functions_resolve(struct functions *f, struct registry *registry, struct sink *sink,
                      struct error *err)
{
    int ret;

    if (!f->loaded && (ret = load(f, sink->store, err)) < 0)
        return ret;
    for (size_t i = 0; i < registry->ncodes; i++) {
        struct code *c = &registry->codes[i];
        struct identity id = {{registry->host, c->module, c->qualified_name, c->file},
                              c->first_line};
        struct function_slot *slot;
        uint64_t hash[2];

        if (!c->known || c->function_id != REGISTRY_NO_FUNCTION)
            continue;
        if (!make_room(f))
            return error_set(err, ERR_FAILED, "memory is out");
        hash_identity(&id, hash);
        slot = find(f, hash);
        if ((slot->hash[0] | slot->hash[1]) == 0) {
            *slot = (struct function_slot){{hash[0], hash[1]}, f->next++};
            f->n++;
            append(sink, registry, c, slot->id);
        }
        c->function_id = slot->id;
    }
    return 0;
}
