/* twins.c - see twins.h. */
#include "base/base.h"

#include "hook/twins.h"

#include "hook/forget.h"
#include "hook/pycompat.h"

#define SETS 1024
#define WAYS 4 /* so many twins may live at once, and be found */

static struct twin {
    uint64_t hash;
    uint32_t code; /* 0: nobody */
    bool gone;     /* its number waits for the next */
} twins[SETS * WAYS] __attribute__((aligned(FORGET_PAGE)));
_Static_assert(sizeof(twins) % FORGET_PAGE == 0, "whole pages");

/* Where the twin with this number is, by its last bits; found to be another's, it is forgotten. */
static uint16_t places[SETS * WAYS];

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t word;

    hash = mix(hash, len);
    for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        hash = mix(hash, word);
    }
    word = 0;
    if (len > 0)
        memcpy(&word, p, len);
    return mix(hash, word);
}

static uint64_t mix_text(uint64_t hash, struct trail_text text)
{
    return mix_bytes(hash, text.bytes, text.len);
}

uint64_t twins_hash(const struct trail_code_info *info)
{
    uint64_t hash = mix(mix(info->flags, info->first_line), info->nargs);

    hash = mix(mix(mix(hash, info->npositional_only), info->nkeyword_only), info->table_format);
    hash = mix_text(mix_text(mix_text(hash, info->name), info->module), info->file);
    for (size_t i = 0; i < info->nargs; i++)
        hash = mix_text(hash, info->args[i]);
    return mix_bytes(hash, info->table, info->table_len);
}

static struct twin *set_of(uint64_t hash)
{
    return &twins[hash % SETS * WAYS];
}

static void put_place(const struct twin *twin)
{
    places[twin->code % ARRAY_SIZE(places)] = (uint16_t)(twin - twins);
}

uint32_t twins_take(uint64_t hash)
{
    struct twin *set = set_of(hash);

    for (int i = 0; i < WAYS; i++)
        if ((set[i].gone || PYC_CONCURRENT) && set[i].hash == hash) {
            set[i].gone = false;
            put_place(&set[i]);
            return set[i].code;
        }
    return 0;
}

void twins_keep(uint64_t hash, uint32_t code)
{
    struct twin *set = set_of(hash), *place = &set[code % WAYS];

    for (int i = WAYS - 1; i >= 0; i--)
        if (set[i].code == 0 || (set[i].gone && place->code != 0 && !place->gone))
            place = &set[i];
    *place = (struct twin){hash, code, false};
    put_place(place);
}

void twins_leave(uint32_t code)
{
    struct twin *twin = &twins[places[code % ARRAY_SIZE(places)]];

    if (code != 0 && twin->code == code)
        twin->gone = true;
}

void twins_clear(void)
{
    forget_memory(twins, sizeof(twins));
}
