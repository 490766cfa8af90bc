/*
 * value_container.c - the items of list, tuple, dict, set, frozenset and deque, and of what shows those of another. No more is read than is kept; nothing but the number of
 * items where somebody else is at it (own.h).
 */
#include "base/base.h"

#include "hook/value_layout.h"
#include "hook/value_private.h"

static inline size_t most_items(const struct value_walk *w, size_t count)
{
    return count < w->limits->max_items ? count : w->limits->max_items;
}

/* Tag and original count; then room for the number of those that are kept. */
static inline struct value_count put_head(struct value_walk *w, enum trail_tag tag, size_t count,
                                          size_t most)
{
    if (trail_room(w->out, 1 + TRAIL_UV_MAX)) {
        *w->out->p = (uint8_t)tag;
        w->out->p = trail_uv_at(w->out->p + 1, count);
    }
    return value_count_begin(w, most);
}

/* ("password", "hunter2"), as headers and the items of a dict are: a name and a text. */
static bool is_secret_pair(PyObject **items)
{
    return items[0] != NULL && value_key_is_secret(items[0]);
}

/* "--password", with its value behind it: the words of a command line. */
static bool is_secret_option(PyObject *item)
{
    const char *word;
    size_t len;

    if (item == NULL || !PyUnicode_CheckExact(item) || (word = pyc_ascii(item, &len)) == NULL)
        return false;
    return len > 2 && word[0] == '-' && redact_word_before(value_redact, word, len);
}

/* Does what stands before the i-th say that it is a secret? */
static bool is_told_secret(PyObject **items, size_t count, size_t i)
{
    if (value_redact == NULL || items[i] == NULL ||
        !(PyUnicode_Check(items[i]) || PyBytes_Check(items[i])))
        return false;
    return is_secret_option(items[i - 1]) || (count == 2 && is_secret_pair(items));
}

static void put_items(struct value_walk *w, enum trail_tag tag, PyObject **items, size_t count)
{
    size_t most = LIKELY(items != NULL) ? most_items(w, count) : 0, i;
    struct value_count kept = put_head(w, tag, count, most);

    for (i = 0; i < most && value_more(w); i++) {
        if (i > 0 && UNLIKELY(is_told_secret(items, count, i)))
            value_put_hidden(w, items[1]);
        else
            value_put_inner(w, items[i]);
    }
    value_count_end(w, kept, i);
}

static void put_list(struct value_walk *w, PyObject *object)
{
    bool locked = own_lock(object);

    put_items(w, TRAIL_TAG_LIST, locked ? ((PyListObject *)object)->ob_item : NULL,
              (size_t)Py_SIZE(object));
    if (locked)
        own_unlock(object);
}

/* What this key holds. */
static void put_held(struct value_walk *w, PyObject *key, PyObject *value)
{
    if (LIKELY(PyUnicode_CheckExact(key)))
        value_put_named(w, key, value);
    else if (value_redact != NULL && value_key_is_secret(key))
        value_put_hidden(w, value);
    else
        value_put_inner(w, value);
}

/* The keys of a dict, its values, or both in turn. */
static inline void put_entries(struct value_walk *w, PyObject *dict, bool keys, bool values)
{
    enum trail_tag tag = keys && values ? TRAIL_TAG_DICT : TRAIL_TAG_LIST;
    bool locked = own_lock(dict);
    size_t count = pyc_dict_count(dict), most = locked ? most_items(w, count) : 0, pos = 0, n;
    struct value_count kept = put_head(w, tag, count, most);
    unsigned patience = VALUE_PATIENCE;
    PyObject *key, *value;

    for (n = 0; n < most && value_more(w) && pyc_dict_next(dict, &pos, &patience, &key, &value);
         n++) {
        if (keys)
            value_put_inner(w, key);
        if (values)
            put_held(w, key, value);
    }
    value_count_end(w, kept, n);
    if (locked)
        own_unlock(dict);
}

static void put_pairs(struct value_walk *w, PyObject *dict)
{
    put_entries(w, dict, true, true);
}

static void put_members(struct value_walk *w, PyObject *object, enum trail_tag tag)
{
    const PySetObject *set = (const PySetObject *)object;
    bool locked = own_lock(object);
    size_t count = (size_t)set->used, most = locked ? most_items(w, count) : 0, n = 0, i;
    struct value_count kept = put_head(w, tag, count, most);
    unsigned patience = VALUE_PATIENCE;

    for (i = 0; i <= (size_t)set->mask && n < most && value_more(w); i++) {
        /* no object has the hash -1: it marks what was deleted */
        if (set->table[i].key != NULL && set->table[i].hash != -1) {
            value_put_inner(w, set->table[i].key);
            n++;
        } else if (patience-- == 0) {
            break;
        }
    }
    value_count_end(w, kept, n);
    if (locked)
        own_unlock(object);
}

/* ---- deque ------------------------------------------------------------------------------- */

static void put_deque(struct value_walk *w, PyObject *object)
{
    const struct layout_deque *deque = (const struct layout_deque *)object;
    bool locked = own_lock(object);
    size_t count = (size_t)Py_SIZE(object), most = locked ? most_items(w, count) : 0, i;
    struct value_count kept = put_head(w, TRAIL_TAG_LIST, count, most);
    const struct layout_deque_block *block = deque->leftblock;
    Py_ssize_t index = deque->leftindex;

    for (i = 0; i < most && value_more(w) && block != NULL; i++) {
        value_put_inner(w, block->data[index]);
        if (++index == LAYOUT_DEQUE_BLOCK) {
            block = block->right;
            index = 0;
        }
    }
    value_count_end(w, kept, i);
    if (locked)
        own_unlock(object);
}

/* ---- what shows another's ---------------------------------------------------------------- */

/* The dict of a mappingproxy or a view; NULL: it is of another mapping, whose code would have to be asked. */
static PyObject *shown_dict(PyObject *object)
{
    PyObject *of = ((struct layout_view *)object)->of;

    return of != NULL && PyDict_Check(of) ? of : NULL;
}

#define ROW_COLUMNS 200 /* among which two of the same name are told apart */
#define ROW_NAME 256    /* bytes of such a name */

/* The name of the i-th column; NULL: a cursor has not made this row. */
static PyObject *column_name(const struct layout_row *row, size_t i)
{
    PyObject *column = PyTuple_GET_ITEM(row->description, i);

    if (column == NULL || !PyTuple_CheckExact(column) || Py_SIZE(column) == 0)
        return NULL;
    column = PyTuple_GET_ITEM(column, 0);
    return column != NULL && PyUnicode_CheckExact(column) ? column : NULL;
}

static bool is_row(const struct layout_row *row)
{
    size_t i, n;

    if (row->data == NULL || !PyTuple_Check(row->data) || row->description == NULL ||
        !PyTuple_CheckExact(row->description) || Py_SIZE(row->description) != Py_SIZE(row->data))
        return false;
    n = (size_t)Py_SIZE(row->data);
    for (i = 0; i < n; i++)
        if (column_name(row, i) == NULL)
            return false;
    return true;
}

/* Columns before the i-th that have its name, as those of a join may. */
static unsigned twins_before(const struct layout_row *row, size_t i)
{
    PyObject *name = column_name(row, i);
    unsigned n = 0;

    for (size_t k = 0; k < i && i < ROW_COLUMNS; k++)
        n += PyUnicode_Compare(column_name(row, k), name) == 0;
    return n;
}

/* The key of the i-th column: its name, and for the second of that name what SQLite puts behind it in such a case: "id:1". */
static void put_column_name(struct value_walk *w, const struct layout_row *row, size_t i)
{
    unsigned twins = twins_before(row, i);
    PyObject *name = column_name(row, i);
    char text[ROW_NAME + REDACT_AHEAD + 16];
    size_t len;

    if (LIKELY(twins == 0) || pyc_text(name).length > ROW_NAME / 4) {
        value_put_inner(w, name);
        return;
    }
    len = value_text_finish(text, value_utf8(name, text, ROW_NAME), false, ROW_NAME);
    len += (size_t)snprintf(text + len, sizeof(text) - len, ":%u", twins);
    if (!value_fits(w, len + 4))
        return;
    value_put_tag(w, TRAIL_TAG_STR);
    trail_put_text(w->out, text, len);
}

static void put_row(struct value_walk *w, const struct layout_row *row)
{
    size_t count = (size_t)Py_SIZE(row->data), most = most_items(w, count), i;
    struct value_count kept = put_head(w, TRAIL_TAG_DICT, count, most);

    for (i = 0; i < most && value_more(w); i++) {
        put_column_name(w, row, i);
        value_put_named(w, column_name(row, i), PyTuple_GET_ITEM(row->data, i));
    }
    value_count_end(w, kept, i);
}

bool value_may_show(PyObject *object, enum value_kind kind)
{
    if (kind == VALUE_KIND_CDATA)
        return value_holds_cdata(object);
    return kind == VALUE_KIND_ROW ? is_row((struct layout_row *)object)
                                  : shown_dict(object) != NULL;
}

/* ---- what the others call ---------------------------------------------------------------- */

/* An empty container opens nothing: it stands at any depth. */
static inline bool enter(struct value_walk *w, PyObject *object, size_t count, enum trail_tag tag)
{
    if (LIKELY(count > 0))
        return value_enter(w, object, count);
    if (value_fits(w, 3)) {
        value_put_tag(w, tag);
        trail_put_bytes(w->out, "\0\0", 2);
    }
    return false;
}

void value_put_list(struct value_walk *w, PyObject *object)
{
    size_t count = (size_t)Py_SIZE(object);

    if (enter(w, object, count, TRAIL_TAG_LIST)) {
        put_list(w, object);
        value_close(w);
    }
}

void value_put_tuple(struct value_walk *w, PyObject *object)
{
    size_t count = (size_t)Py_SIZE(object);

    if (enter(w, object, count, TRAIL_TAG_TUPLE)) {
        put_items(w, TRAIL_TAG_TUPLE, ((PyTupleObject *)object)->ob_item, count);
        value_close(w);
    }
}

void value_put_dict(struct value_walk *w, PyObject *object)
{
    if (enter(w, object, pyc_dict_count(object), TRAIL_TAG_DICT)) {
        put_pairs(w, object);
        value_close(w);
    }
}

void value_put_set(struct value_walk *w, PyObject *object, enum value_kind kind)
{
    enum trail_tag tag = kind == VALUE_KIND_SET ? TRAIL_TAG_SET : TRAIL_TAG_FROZENSET;

    if (enter(w, object, (size_t)((PySetObject *)object)->used, tag)) {
        put_members(w, object, tag);
        value_close(w);
    }
}

size_t value_part_count(PyObject *object, enum value_kind kind)
{
    switch (kind) {
    case VALUE_KIND_LIST:
    case VALUE_KIND_TUPLE:
    case VALUE_KIND_NAMEDTUPLE:
    case VALUE_KIND_DEQUE:
        return (size_t)Py_SIZE(object);
    case VALUE_KIND_DICT:
        return pyc_dict_count(object);
    case VALUE_KIND_PROXY:
    case VALUE_KIND_KEYS:
    case VALUE_KIND_VALUES:
    case VALUE_KIND_ITEMS:
        return pyc_dict_count(shown_dict(object));
    case VALUE_KIND_ROW:
        return (size_t)Py_SIZE(((struct layout_row *)object)->data);
    case VALUE_KIND_SET:
    case VALUE_KIND_FROZENSET:
        return (size_t)((PySetObject *)object)->used;
    default:
        return 0;
    }
}

void value_put_part(struct value_walk *w, PyObject *object, enum value_kind kind)
{
    if (!value_fits(w, 14))
        return;
    switch (kind) {
    case VALUE_KIND_LIST:
        put_list(w, object);
        break;
    case VALUE_KIND_TUPLE:
    case VALUE_KIND_NAMEDTUPLE:
        put_items(w, TRAIL_TAG_TUPLE, ((PyTupleObject *)object)->ob_item, (size_t)Py_SIZE(object));
        break;
    case VALUE_KIND_DICT:
        put_pairs(w, object);
        break;
    case VALUE_KIND_PROXY:
    case VALUE_KIND_ITEMS:
        put_pairs(w, shown_dict(object));
        break;
    case VALUE_KIND_KEYS:
    case VALUE_KIND_VALUES:
        put_entries(w, shown_dict(object), kind == VALUE_KIND_KEYS, kind == VALUE_KIND_VALUES);
        break;
    case VALUE_KIND_ROW:
        put_row(w, (struct layout_row *)object);
        break;
    case VALUE_KIND_SET:
        put_members(w, object, TRAIL_TAG_SET);
        break;
    case VALUE_KIND_FROZENSET:
        put_members(w, object, TRAIL_TAG_FROZENSET);
        break;
    case VALUE_KIND_NDARRAY:
    case VALUE_KIND_ARRAY:
        if (!value_put_array(w, object, kind, true))
            value_put_tag(w, TRAIL_TAG_FAILED);
        break;
    case VALUE_KIND_RECORD:
        if (!value_put_record(w, object))
            value_put_tag(w, TRAIL_TAG_FAILED);
        break;
    default:
        put_deque(w, object);
        break;
    }
}
