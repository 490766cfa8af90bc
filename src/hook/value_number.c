/*
 * value_number.c - the numbers that types, and layouts of instances, have in the registry. A number belongs to the names alone, so that
 * a class made again by each call of a function is one type of the trail and not a million.
 */
#include "base/base.h"

#include "base/spin.h"
#include "hook/value_private.h"
#include "recorder/registry.h"

#include <sys/mman.h>

#define FIRST_NAMES 1024 /* a power of two */
#define HASH_BASE UINT64_C(0xcbf29ce484222325)

/* Numbers that were given to types and layouts, by a hash of their names. As many as the registry takes: a program with many types
 * must not tell of them again and again. Where memory is out, a name that is seen again gets a second number, which readers must allow
 * for anyway. */
static struct {
    struct given {
        uint64_t hash;
        uint32_t id; /* 0: empty */
    } *table;        /* Owned mapping */
    size_t size, used;
    uint32_t lock; /* where threads run at the same time */
} names;

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Where the hash is, or its place. */
static struct given *find_given(struct given *table, size_t size, uint64_t hash)
{
    size_t i = (size_t)(hash ^ hash >> 32) & (size - 1);

    while (table[i].id != 0 && table[i].hash != hash)
        i = (i + 1) & (size - 1);
    return &table[i];
}

/* The number that was given to this hash; 0: none. */
static uint32_t given(uint64_t hash)
{
    uint32_t id;

    spin_enter(PYC_CONCURRENT, &names.lock);
    id = names.size > 0 ? find_given(names.table, names.size, hash)->id : 0;
    spin_leave(PYC_CONCURRENT, &names.lock);
    return id;
}

static bool grow_names(void)
{
    size_t size = names.size > 0 ? names.size * 2 : FIRST_NAMES;
    struct given *table = mmap(NULL, size * sizeof(*table), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (table == MAP_FAILED)
        return false;
    for (size_t i = 0; i < names.size; i++)
        if (names.table[i].id != 0)
            *find_given(table, size, names.table[i].hash) = names.table[i];
    if (names.size > 0)
        munmap(names.table, names.size * sizeof(*names.table));
    names.table = table;
    names.size = size;
    return true;
}

/* Another thread may have been faster: then the name has two numbers, as above. */
static uint32_t give(uint64_t hash, uint32_t id)
{
    struct given *place;

    spin_enter(PYC_CONCURRENT, &names.lock);
    if (names.used * 2 < names.size || grow_names()) {
        place = find_given(names.table, names.size, hash);
        names.used += place->id == 0;
        *place = (struct given){hash, id};
    }
    spin_leave(PYC_CONCURRENT, &names.lock);
    return id;
}

uint32_t value_type_number(PyTypeObject *type)
{
    char module[LIMIT_NAME_BYTES], name[LIMIT_NAME_BYTES];
    size_t module_len, name_len;
    uint64_t hash = HASH_BASE;
    uint32_t id;

    value_type_names(type, module, &module_len, name, &name_len, LIMIT_NAME_BYTES);
    hash = hash_bytes(hash, module, module_len);
    hash = hash_bytes(hash, "", 1);
    hash = hash_bytes(hash, name, name_len);
    id = given(hash);
    if (id != 0)
        return id;
    id = registry_add_type(module, module_len, name, name_len);
    return id != 0 ? give(hash, id) : 0;
}

uint32_t value_layout_id(uint32_t type, const struct trail_text *attributes, size_t n)
{
    struct trail_layout_info info = {0, type, attributes, n};
    uint64_t hash = hash_bytes(~HASH_BASE, (const char *)&type, sizeof(type));
    uint32_t id;
    size_t i;

    for (i = 0; i < n; i++) {
        hash = hash_bytes(hash, attributes[i].bytes, attributes[i].len);
        hash = hash_bytes(hash, "", 1);
    }
    id = given(hash);
    if (id != 0)
        return id;
    id = registry_add_layout(&info);
    return id != 0 ? give(hash, id) : 0;
}

void value_numbers_clear(void)
{
    if (names.size > 0)
        munmap(names.table, names.size * sizeof(*names.table));
    names.table = NULL;
    names.size = names.used = names.lock = 0;
}
