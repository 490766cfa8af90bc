/* again.c - see again.h. */
#include "base/base.h"

#include "begin/again.h"

#include "base/io.h"
#include "base/limits.h"
#include "begin/change.h"
#include "settings/places.h"
#include "settings/table.h"

/* Is the setting, of those that cannot change, what the run's settings say? */
static bool is_as_it_was(const struct settings *s, const struct settings_row *row, const char *run)
{
    struct buf all = BUF_INIT(LIMIT_RUN_SETTINGS_BYTES), now = all, then = all;
    bool same;

    settings_compile(s, &all);
    change_lines_of(row, buf_text(&all), &now);
    change_lines_of(row, run, &then);
    same = strcmp(buf_text(&now), buf_text(&then)) == 0;
    buf_release(&all);
    buf_release(&now);
    buf_release(&then);
    return same;
}

static int name_all(struct change *change, const struct settings *s, const char *run,
                    struct error *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < settings_count; i++) {
        const struct settings_row *row = &settings_table[i];
        bool named = s->source[i] == FROM_ARGUMENT || s->source[i] == FROM_PROFILE;

        /* There is no line at the start to be silent about any more. */
        if (named && strcmp(row->key, "silent") != 0 && (row->live || !is_as_it_was(s, row, run)))
            ret = change_name(change, row, err);
    }
    return ret;
}

/* The settings that the run of this process began with, as text. */
static int read_run(const char *dir, struct buf *ret, struct error *err)
{
    char *run = strdup(dir), *path = NULL;
    char *slash = run != NULL ? strrchr(run, '/') : NULL;
    int code;

    if (slash != NULL) {
        *slash = '\0';
        path = io_join(run, "settings");
    }
    code = path != NULL ? io_read_file(path, ret, err)
                        : error_set(err, ERR_SYSTEM, "'%s' is no folder of a recording", dir);
    free(path);
    free(run);
    return code;
}

int again_change(struct settings *s, const char *dir, struct error *err)
{
    struct buf run = BUF_INIT(LIMIT_RUN_SETTINGS_BYTES), all = BUF_INIT(2 * CONTROL_TEXT_BYTES);
    struct change change = CHANGE_INIT;
    char *database = NULL;
    uint32_t seq;
    int ret = read_run(dir, &run, err);

    if (ret == 0 && s->db_path != NULL)
        ret = places_database(s->db_path, &database, err);
    if (ret == 0 && database != NULL) {
        free(s->db_path);
        s->db_path = database;
    }
    if (ret == 0)
        ret = name_all(&change, s, buf_text(&run), err);
    if (ret == 0)
        ret = change_compile(&change, s, err);
    if (ret == 0 && change.lines.len > 0) {
        ret = change_write(&change, dir, &all, &seq);
        if (ret < 0) {
            errno = -ret;
            ret = error_set_errno(err, ERR_SYSTEM, "cannot write the control page in '%s'", dir);
        }
    }
    change_release(&change);
    buf_release(&all);
    buf_release(&run);
    return ret;
}
