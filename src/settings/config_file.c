/* config_file.c - see config_file.h. */
#include "base/base.h"

#include "settings/config_file.h"

#include "base/io.h"
#include "base/limits.h"
#include "settings/places.h"
#include "settings/settings.h"
#include "settings/table.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

char *config_file_path(void)
{
    char *home = places_home();
    char *path = home != NULL ? io_join(home, "config.yaml") : NULL;

    free(home);
    return path;
}

bool config_file_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static int cannot_read(const char *path, struct error *err)
{
    error_set_errno(err, ERR_SYSTEM, "cannot read the settings in '%s'", path);
    return error_suggest(err, "make it readable, or move it away: it is not required");
}

int config_file_read(const char *path, struct buf *ret, struct error *err)
{
    struct stat st;
    /* Without waiting: it may be a pipe that nobody writes to. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = 1;
    int code = 0;

    if (fd < 0) {
        return cannot_read(path, err);
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        error_set(err, ERR_SYSTEM, "cannot read the settings in '%s': it is %s", path,
                  S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
        code = error_suggest(err, "move it away: settings are in a file, and it is not required");
    } else if (st.st_size > LIMIT_CONFIG_BYTES || !buf_reserve(ret, (size_t)st.st_size + 1)) {
        error_set(err, ERR_SYSTEM, "cannot read the settings in '%s': %lld bytes are more than %d",
                  path, (long long)st.st_size, LIMIT_CONFIG_BYTES);
        code = error_suggest(err, "look whether it is a settings file at all");
    }
    while (code == 0 && n > 0) {
        char chunk[16384];

        n = read(fd, chunk, sizeof(chunk));
        if (n > 0)
            buf_put(ret, chunk, (size_t)n);
        if ((n < 0 && errno != EINTR) || ret->failed)
            code = cannot_read(path, err);
        n = n < 0 ? 1 : n;
    }
    close(fd);
    return code;
}

/* ---- the first one ------------------------------------------------------------------------ */

static bool looks_like_yaml_syntax(const char *text)
{
    return strpbrk(text, "*[]{}&!|>'\"%@`#,:? ") != NULL;
}

static void put_row(struct buf *out, const struct settings_row *row)
{
    buf_putf(out, "\n# %c%s",
             row->comment[0] - ('a' <= row->comment[0] && row->comment[0] <= 'z' ? 32 : 0),
             row->comment + 1);
    if (row->choices != NULL) {
        buf_puts(out, "\n# One of:");
        for (size_t i = 0; row->choices[i] != NULL; i++)
            buf_putf(out, "%s %s", i > 0 ? "," : "", row->choices[i]);
    } else if (row->type == SETTING_INT) {
        buf_putf(out, " (%lld to %lld)", (long long)row->min, (long long)row->max);
    }
    if (settings_is_list(row) && row->fallback != NULL)
        buf_putf(out, "\n%s:\n  - '%s'\n", row->key, row->fallback);
    else if (settings_is_list(row) && row->type != SETTING_FOLDERS)
        buf_putf(out, "\n%s: []\n", row->key);
    else if (row->fallback == NULL)
        buf_putf(out, "\n# %s:\n", row->key);
    else
        buf_putf(out, looks_like_yaml_syntax(row->fallback) ? "\n%s: '%s'\n" : "\n%s: %s\n",
                 row->key, row->fallback);
}

void config_file_defaults(struct buf *out)
{
    buf_puts(out, "# Settings of breadcrumb. This file was made with the defaults, and is never "
                  "changed but by you and by\n"
                  "# 'breadcrumb config edit'. Stronger than it are profiles (configs/NAME.yaml, "
                  "'breadcrumb -c NAME'), the\n"
                  "# environment (BREADCRUMB_...) and options. 'breadcrumb config show' says which "
                  "value comes from where.\n");
    for (size_t i = 0; i < settings_count; i++)
        put_row(out, &settings_table[i]);
}

/* The folder itself only: a home directory that is not there is not ours to make. One that was named to us is. */
static bool make_home(const char *home)
{
    if (places_home_is_moved())
        return io_make_dirs(home, 0700, NULL) == 0;
    return mkdir(home, 0700) == 0 || errno == EEXIST;
}

bool config_file_first_use(void)
{
    char *path = config_file_path(), *home = places_home(), *part = NULL;
    struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);
    bool done = false;
    int fd = -1;

    if (path == NULL || home == NULL || config_file_exists(path) || !make_home(home) ||
        asprintf(&part, "%s.%d.part", path, (int)getpid()) < 0)
        goto out;
    config_file_defaults(&text);
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        goto out;
    /* A link never replaces what is there by now, as a rename would. Not synced: an empty file has all the defaults too. */
    done = write(fd, buf_text(&text), text.len) == (ssize_t)text.len && link(part, path) == 0;
    close(fd);
    unlink(part);
out:
    buf_release(&text);
    free(part);
    free(home);
    free(path);
    return done;
}

/* ---- changing them ------------------------------------------------------------------------ */

int config_file_lock(struct error *err)
{
    char *home = places_home(), *path = home != NULL ? io_join(home, ".lock") : NULL;
    int fd = -1;

    if (path == NULL) {
        places_no_home("settings", err);
    } else if (io_make_dirs(home, 0700, err) < 0) {
        error_suggest(
            err,
            "make room for it there, or set BREADCRUMB_HOME to a folder that you can write to");
    } else {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0) {
            error_set_errno(err, ERR_SYSTEM, "cannot change settings in '%s'", home);
            error_suggest(err, "make it writable, or set BREADCRUMB_HOME to another folder");
        }
        while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
            continue;
    }
    free(path);
    free(home);
    return fd >= 0 ? fd : ERR_SYSTEM;
}

/* Away with what edits left beside the file that were killed before their rename: PATH.tmp.PID of processes that are gone. */
static void sweep(const char *path)
{
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    char *folder = strndup(path, (size_t)(name - path)), *end;
    DIR *dir = folder != NULL ? opendir(name > path ? folder : ".") : NULL;
    size_t len = strlen(name);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        long pid;

        if (strncmp(entry->d_name, name, len) != 0 || strncmp(entry->d_name + len, ".tmp.", 5) != 0)
            continue;
        pid = strtol(entry->d_name + len + 5, &end, 10);
        if (pid > 0 && *end == '\0' && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir != NULL)
        closedir(dir);
    free(folder);
}

int config_file_write(const char *path, const struct buf *text, struct error *err)
{
    char *real = realpath(path, NULL);
    struct stat st;
    unsigned mode = stat(path, &st) == 0 ? st.st_mode & 0777 : 0600;
    int ret;

    sweep(real != NULL ? real : path);
    if (text->failed)
        ret = error_set(err, ERR_INVALID_SETTING, "the settings would be more than %d bytes",
                        LIMIT_CONFIG_BYTES);
    else
        ret = io_write_atomic(real != NULL ? real : path, text->data != NULL ? text->data : "",
                              text->len, mode, err);
    free(real);
    return ret;
}
