/* change.c - see change.h. */
#include "base/base.h"

#include "begin/change.h"

#include "settings/table.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

void change_release(struct change *c)
{
    buf_release(&c->lines);
}

int change_name(struct change *c, const struct settings_row *row, struct error *err)
{
    char words[512] = "";
    size_t used = 0;

    if (row->live) {
        c->named[row - settings_table] = true;
        return 0;
    }
    for (size_t i = 0; i < settings_count && used < sizeof(words); i++)
        if (settings_table[i].live)
            used += (size_t)snprintf(words + used, sizeof(words) - used, "%s%s",
                                     used > 0 ? ", " : "", settings_table[i].key);
    error_set(err, ERR_INVALID_SETTING, "the setting %s cannot change while a program runs",
              row->key);
    return error_suggest(err, "these can: %s", words);
}

/* The line's row; NULL when it is of no setting. */
static const struct settings_row *row_of_line(const char *line, size_t len)
{
    for (size_t i = 0; i < settings_count; i++) {
        size_t key = strlen(settings_table[i].key);

        if (len > key && line[key] == '=' && memcmp(line, settings_table[i].key, key) == 0)
            return &settings_table[i];
    }
    return NULL;
}

/* The lines of a compiled text whose settings are (or are not) among the named ones. */
static void put_lines(struct buf *out, const char *text, const bool named[SETTINGS_MOST],
                      bool wanted)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        const struct settings_row *row = row_of_line(text, len);

        if (row != NULL && named[row - settings_table] == wanted) {
            buf_put(out, text, len);
            buf_putc(out, '\n');
        }
        text += len + (text[len] == '\n');
    }
}

void change_lines_of(const struct settings_row *row, const char *text, struct buf *out)
{
    bool named[SETTINGS_MOST] = {false};

    named[row - settings_table] = true;
    put_lines(out, text, named, true);
}

int change_compile(struct change *c, const struct settings *s, struct error *err)
{
    struct buf all = BUF_INIT(LIMIT_RUN_SETTINGS_BYTES);
    int ret = 0;

    settings_compile(s, &all);
    put_lines(&c->lines, buf_text(&all), c->named, true);
    if (all.failed || c->lines.failed)
        ret = error_set(err, ERR_INVALID_SETTING,
                        "these settings are too long to be changed at run time");
    buf_release(&all);
    return ret;
}

int change_write(const struct change *c, const char *dir, struct buf *ret_all, uint32_t *ret_seq)
{
    char before[CONTROL_TEXT_BYTES];
    /* The page has a lock for each reading and writing; this one makes the two together one. */
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;

    if (fd < 0)
        return -errno;
    do
        ret = flock(fd, LOCK_EX) < 0 ? -errno : 0;
    while (ret == -EINTR);
    if (ret == 0)
        ret = control_read(dir, before, sizeof(before));
    if (ret >= 0) {
        put_lines(ret_all, before, c->named, false);
        buf_put(ret_all, buf_text(&c->lines), c->lines.len);
        ret = control_write(dir, buf_text(ret_all), ret_all->len, ret_seq);
    }
    close(fd);
    return ret;
}
