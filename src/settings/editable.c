/*
 * editable.c - the projects that are installed in editable mode: PEP 610's direct_url.json in NAME.dist-info (pip, uv, poetry),
 * NAME.egg-link of `setup.py develop`. Both sides: libc only, no message.
 */
#include "base/base.h"

#include "settings/filter.h"
#include "settings/table.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#define FILE_BYTES 8192 /* of such a file; a URL of LIMIT_PATH_BYTES fits */

/* The beginning of a file as a text; false when it cannot be read. */
static bool read_file(const char *path, char text[FILE_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd >= 0 ? read(fd, text, FILE_BYTES - 1) : -1;

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* Behind `"key"`, a colon and blanks; NULL when there is no such key. */
static const char *json_value(const char *text, const char *key)
{
    const char *p = strstr(text, key);

    if (p == NULL)
        return NULL;
    p += strlen(key);
    p += strspn(p, " \t\r\n");
    if (*p != ':')
        return NULL;
    return p + 1 + strspn(p + 1, " \t\r\n");
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *p = c != '\0' ? strchr(digits, c) : NULL;

    return p != NULL ? (int)((p - digits) % 16) : -1;
}

/* The path of a file URL up to its quote, percent signs undone. */
static bool path_of_url(const char *url, char path[LIMIT_PATH_BYTES])
{
    size_t n = 0;

    if (strncmp(url, "file://", 7) != 0)
        return false;
    for (url += 7; *url != '"' && *url != '\0' && n + 1 < LIMIT_PATH_BYTES; url++) {
        int high = *url == '%' ? hex(url[1]) : -1, low = high >= 0 ? hex(url[2]) : -1;

        path[n++] = low >= 0 ? (char)(high * 16 + low) : *url;
        url += low >= 0 ? 2 : 0;
    }
    path[n] = '\0';
    return path[0] == '/' && n + 1 < LIMIT_PATH_BYTES;
}

static bool read_direct_url(const char *path, char ret[LIMIT_PATH_BYTES])
{
    char text[FILE_BYTES];
    const char *is_editable, *url;

    if (!read_file(path, text))
        return false;
    is_editable = json_value(text, "\"editable\"");
    url = json_value(text, "\"url\"");
    return is_editable != NULL && strncmp(is_editable, "true", 4) == 0 && url != NULL &&
           url[0] == '"' && path_of_url(url + 1, ret);
}

static bool read_egg_link(const char *path, char ret[LIMIT_PATH_BYTES])
{
    char text[FILE_BYTES];

    if (!read_file(path, text))
        return false;
    text[strcspn(text, "\r\n")] = '\0';
    return text[0] == '/' && (size_t)snprintf(ret, LIMIT_PATH_BYTES, "%s", text) < LIMIT_PATH_BYTES;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), tail = strlen(end);

    return len > tail && strcmp(name + len - tail, end) == 0;
}

void filter_find_editable(const char *site, struct settings_list *ret)
{
    char path[LIMIT_PATH_BYTES], project[LIMIT_PATH_BYTES];
    DIR *dir = opendir(site);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        bool info = ends_with(entry->d_name, ".dist-info");
        bool found = false;

        if (!info && !ends_with(entry->d_name, ".egg-link"))
            continue;
        if ((size_t)snprintf(path, sizeof(path), info ? "%s/%s/direct_url.json" : "%s/%s", site,
                             entry->d_name) < sizeof(path))
            found = info ? read_direct_url(path, project) : read_egg_link(path, project);
        if (found)
            settings_list_add(ret, project);
    }
    if (dir != NULL)
        closedir(dir);
}
