/* registry_take.c - what each kind of the registry's records puts into its tables. */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/json.h"
#include "ingest/registry_private.h"
#include "ingest/value_json.h"

#define NUMBERS_MAX (1u << 26)
#define LOCALS "<locals>."

/* ---- pieces ---------------------------------------------------------------------------------- */

/* A copy as valid UTF-8; NULL when memory is out. */
static const char *keep(struct registry *r, struct trail_bytes text)
{
    struct buf clean = BUF_INIT(LIMIT_REGISTRY_RECORD_BYTES * 6);
    char *copy;

    if (json_is_clean(text.data, text.len))
        return arena_copy(&r->arena, text.data, text.len);
    json_clean_text(&clean, text.data, text.len);
    copy = arena_copy(&r->arena, buf_text(&clean), clean.len);
    buf_release(&clean);
    return copy;
}

static const char *keep_buf(struct registry *r, struct buf *b)
{
    const char *copy = b->failed ? NULL : arena_copy(&r->arena, buf_text(b), b->len);

    buf_release(b);
    return copy;
}

/* Room for index `i` in an array that grows by doubling; new members are zero. */
static bool grow(void **array, size_t *n, size_t size, size_t i)
{
    size_t room = *n;
    void *more;

    if (i < room)
        return true;
    while (room <= i)
        room = room > 0 ? room * 2 : 64;
    more = realloc(*array, room * size);
    if (more == NULL)
        return false;
    memset((char *)more + *n * size, 0, (room - *n) * size);
    *array = more;
    *n = room;
    return true;
}

/* The decoder has to know this of every code. */
static bool keep_nargs(struct registry *r, uint64_t id, uint16_t nargs)
{
    size_t before = r->nnargs;

    if (!grow((void **)&r->nargs, &r->nnargs, sizeof(*r->nargs), id))
        return false;
    for (size_t i = before; i < r->nnargs; i++)
        r->nargs[i] = UINT16_MAX;
    if (r->nargs[id] == UINT16_MAX)
        r->nargs[id] = nargs;
    return true;
}

/* keep(), but for what the code before had too. */
static const char *keep_again(struct registry *r, struct trail_bytes text, const char *last)
{
    if (last != NULL && strlen(last) == text.len && memcmp(last, text.data, text.len) == 0)
        return last;
    return keep(r, text);
}

/* ---- records --------------------------------------------------------------------------------- */

static bool take_keys(struct registry *r, struct code *c, struct trail_bytes names)
{
    c->keys = arena_alloc(&r->arena, (c->nargs + 1u) * sizeof(*c->keys));
    c->key_lens = arena_alloc(&r->arena, c->nargs + 1u);
    if (c->keys == NULL || c->key_lens == NULL)
        return false;
    for (size_t i = 0; i < c->nargs; i++) {
        struct buf key = BUF_INIT(LIMIT_REGISTRY_RECORD_BYTES * 6);
        struct trail_bytes name = {NULL, 0};

        trail_text_next(&names, &name);
        json_quoted(&key, name.data, name.len);
        buf_putc(&key, ':');
        c->key_lens[i] = key.len < UINT8_MAX ? (uint8_t)key.len : UINT8_MAX;
        if (i + 1u == c->nargs && c->flags & TRAIL_CODE_VARKEYWORDS) {
            c->kwargs_name = keep(r, name);
            if (c->kwargs_name == NULL) {
                buf_release(&key);
                return false;
            }
        }
        c->keys[i] = keep_buf(r, &key);
        if (c->keys[i] == NULL)
            return false;
    }
    return true;
}

static const char *behind_last(const char *text, const char *mark)
{
    const char *found;

    while ((found = strstr(text, mark)) != NULL)
        text = found + strlen(mark);
    return text;
}

static size_t special_arguments(uint64_t flags)
{
    return (flags & TRAIL_CODE_VARARGS ? 1 : 0) + (flags & TRAIL_CODE_VARKEYWORDS ? 1 : 0);
}

/* Its texts, the names of its arguments, its lines. */
static bool take_words(struct registry *r, struct code *c, const struct trail_registry_record *rec)
{
    c->qualified_name = keep(r, rec->text[0]);
    c->module = keep_again(r, rec->text[1], r->last_module);
    c->file = keep_again(r, rec->text[2], r->last_file);
    c->table = arena_alloc(&r->arena, rec->table.len + 1);
    if (c->qualified_name == NULL || c->module == NULL || c->file == NULL || c->table == NULL ||
        !take_keys(r, c, rec->list))
        return false;
    r->last_module = c->module;
    r->last_file = c->file;
    memcpy((void *)(uintptr_t)c->table, rec->table.data, rec->table.len);
    c->table_len = rec->table.len;
    c->table_format = rec->table_format;
    return true;
}

static bool take_code(struct registry *r, const struct trail_registry_record *rec)
{
    size_t special = special_arguments(rec->flags);
    struct code *c;

    if (rec->id == 0 || rec->id > NUMBERS_MAX || rec->n >= UINT16_MAX ||
        rec->nkeyword_only + special > rec->n)
        return true; /* not one of ours */
    if (!keep_nargs(r, rec->id, (uint16_t)rec->n))
        return false;
    if (rec->id > REGISTRY_CODES_MAX || r->arena.used > REGISTRY_CODES_BYTES)
        return true; /* left out */
    if (!grow((void **)&r->codes, &r->ncodes, sizeof(*r->codes), rec->id))
        return false;
    c = &r->codes[rec->id];
    if (c->known)
        return true;
    c->flags = (uint32_t)rec->flags;
    c->first_line = rec->first_line <= INT32_MAX ? (int32_t)rec->first_line : 0;
    c->nargs = (uint16_t)rec->n;
    c->nkeyword = (uint16_t)rec->nkeyword_only;
    c->nplain = (uint16_t)(rec->n - rec->nkeyword_only - special);
    if (!take_words(r, c, rec))
        return false;
    c->function_name = behind_last(c->qualified_name, LOCALS);
    c->name = behind_last(c->qualified_name, ".");
    c->function_id = REGISTRY_NO_FUNCTION;
    c->known = true;
    return true;
}

static bool take_type(struct registry *r, const struct trail_registry_record *rec)
{
    struct buf json = BUF_INIT(LIMIT_REGISTRY_RECORD_BYTES * 6);
    const char *module = keep(r, rec->text[0]);
    const char *name = keep(r, rec->text[1]);
    bool builtin;

    if (module == NULL || name == NULL ||
        !grow((void **)&r->types.json, &r->types.n, sizeof(*r->types.json), rec->id) ||
        !grow((void **)&r->type_texts, &r->ntype_texts, sizeof(*r->type_texts), rec->id))
        return false;
    builtin = module[0] == '\0' || strcmp(module, "builtins") == 0;
    if (builtin || strcmp(module, "__main__") == 0)
        r->type_texts[rec->id] = name;
    else
        r->type_texts[rec->id] = arena_printf(&r->arena, "%s.%s", module, name);
    if (builtin)
        json_text(&json, name);
    else
        json_text(&json, arena_printf(&r->arena, "%s.%s", module, name));
    r->types.json[rec->id] = (char *)(uintptr_t)keep_buf(r, &json);
    return r->types.json[rec->id] != NULL && r->type_texts[rec->id] != NULL;
}

/* The type is there already: a LAYOUT comes after it. */
static bool take_layout(struct registry *r, const struct trail_registry_record *rec)
{
    const char *type = rec->type < r->types.n ? r->types.json[rec->type] : NULL;
    const char **keys = arena_alloc(&r->arena, (rec->n + 1) * sizeof(*keys));
    uint32_t *lens = arena_alloc(&r->arena, (rec->n + 1) * sizeof(*lens));
    struct trail_bytes names = rec->list, name;
    struct layout_names *layout;

    if (keys == NULL || lens == NULL ||
        !grow((void **)&r->types.layouts, &r->types.nlayouts, sizeof(*layout), rec->id))
        return false;
    for (uint64_t i = 0; i < rec->n && trail_text_next(&names, &name); i++) {
        struct buf key = BUF_INIT(LIMIT_REGISTRY_RECORD_BYTES * 6);

        buf_putc(&key, ',');
        value_json_key(&key, name.data, name.len);
        lens[i] = (uint32_t)key.len;
        keys[i] = keep_buf(r, &key);
        if (keys[i] == NULL)
            return false;
    }
    layout = &r->types.layouts[rec->id];
    layout->keys = keys;
    layout->key_lens = lens;
    layout->n = (uint32_t)rec->n;
    layout->begin =
        arena_printf(&r->arena, "{\"$type\":%s,\"$id\":\"0x", type != NULL ? type : "\"?\"");
    if (layout->begin == NULL)
        return false;
    layout->begin_len = (uint32_t)strlen(layout->begin);
    return true;
}

/* Appends to an array of `n` members that doubles when n reaches a power of two. */
static void *append(void *array, size_t n, size_t size)
{
    if (n > 0 && (n & (n - 1)) != 0)
        return array;
    return realloc(array, (n > 0 ? n * 2 : 1) * size);
}

static bool take_thread(struct registry *r, const struct trail_registry_record *rec)
{
    struct thread_info *more = append(r->threads, r->nthreads, sizeof(*more));

    if (more == NULL)
        return false;
    r->threads = more;
    more += r->nthreads;
    *more = (struct thread_info){(uint32_t)rec->id, rec->tid, rec->ident, keep(r, rec->text[0]),
                                 rec->wall_ns};
    if (more->name == NULL)
        return false;
    r->nthreads++;
    return true;
}

static bool take_loss(struct registry *r, const struct trail_registry_record *rec)
{
    struct loss_info *more = append(r->losses, r->nlosses, sizeof(*more));

    if (more == NULL)
        return false;
    r->losses = more;
    more[r->nlosses++] =
        (struct loss_info){rec->id, rec->tid, rec->ident, rec->wall_ns, rec->mono_ns};
    return true;
}

/* Does a shell take this word as it is? */
static bool is_plain_word(const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

    return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

static bool take_command(struct registry *r, struct trail_bytes argv)
{
    struct buf command = BUF_INIT(LIMIT_REGISTRY_RECORD_BYTES * 12);
    struct trail_bytes text;

    while (trail_text_next(&argv, &text)) {
        const char *word = keep(r, text);

        if (word == NULL)
            break;
        if (command.len > 0)
            buf_putc(&command, ' ');
        if (is_plain_word(word)) {
            buf_puts(&command, word);
            continue;
        }
        buf_putc(&command, '\'');
        for (; *word != '\0'; word++) {
            if (*word == '\'')
                buf_puts(&command, "'\\''");
            else
                buf_putc(&command, *word);
        }
        buf_putc(&command, '\'');
    }
    r->command = keep_buf(r, &command);
    return r->command != NULL;
}

static bool take_process(struct registry *r, const struct trail_registry_record *rec)
{
    const char **texts[] = {&r->python,     &r->breadcrumb, &r->host,
                            &r->executable, &r->cwd,        &r->settings};

    r->has_process = true;
    memcpy(r->run_id.bytes, rec->run_id, UUID_BYTES);
    memcpy(r->parent_trace_id.bytes, rec->parent_trace_id, UUID_BYTES);
    r->pid = rec->pid;
    r->ppid = rec->ppid;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        *texts[i] = keep(r, rec->text[i]);
        if (*texts[i] == NULL)
            return false;
    }
    return take_command(r, rec->list);
}

static bool take_note(struct registry *r, const struct trail_registry_record *rec)
{
    struct buf notes = BUF_INIT(LIMIT_ANSWER_BYTES);

    buf_puts(&notes, r->notes);
    if (notes.len > 0)
        buf_putc(&notes, ',');
    json_quoted(&notes, rec->text[0].data, rec->text[0].len);
    buf_putc(&notes, ':');
    json_quoted(&notes, rec->text[1].data, rec->text[1].len);
    r->notes = keep_buf(r, &notes);
    return r->notes != NULL;
}

/* Of those that may come without end; codes see to it themselves. */
static bool has_room(const struct registry *r, const struct trail_registry_record *rec)
{
    switch (rec->kind) {
    case TRAIL_REG_TYPE:
    case TRAIL_REG_LAYOUT:
        return rec->id <= 2 * LIMIT_TYPES && r->arena.used <= REGISTRY_OTHERS_BYTES;
    case TRAIL_REG_THREAD:
        return r->nthreads < 2 * LIMIT_THREAD_NAMES && r->arena.used <= REGISTRY_OTHERS_BYTES;
    case TRAIL_REG_NOTE:
        return r->arena.used <= REGISTRY_OTHERS_BYTES;
    default:
        return true;
    }
}

bool registry_take(struct registry *r, const struct trail_registry_record *rec)
{
    if (!has_room(r, rec)) {
        r->left_out++;
        return true;
    }
    switch (rec->kind) {
    case TRAIL_REG_PROCESS:
        return take_process(r, rec);
    case TRAIL_REG_CODE:
        return take_code(r, rec);
    case TRAIL_REG_TYPE:
        return take_type(r, rec);
    case TRAIL_REG_LAYOUT:
        return take_layout(r, rec);
    case TRAIL_REG_THREAD:
        return take_thread(r, rec);
    case TRAIL_REG_CLOCK:
        r->last_clock = (struct clock_record){rec->ticks, rec->wall_ns, rec->mono_ns};
        return true;
    case TRAIL_REG_LOSSES:
        return take_loss(r, rec);
    case TRAIL_REG_FINISH:
        r->has_finish = rec->id != TRAIL_FINISH_NOT;
        r->finish_reason = rec->id;
        r->finish_status = rec->status;
        r->finish_wall_ns = rec->wall_ns;
        return true;
    case TRAIL_REG_CHILD:
        return forks_take(&r->forks, rec);
    case TRAIL_REG_NOTE:
        return take_note(r, rec);
    }
    return true;
}
