/* unreachable.c - see unreachable.h. */
#include "base/base.h"

#include "base/limits.h"
#include "trail/unreachable.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

void trail_unreachable_note(const char *run_folder, long pid, const char *format, ...)
{
    char path[LIMIT_PATH_BYTES], line[512];
    size_t len, room = sizeof(line) - 1; /* without the end of the line */
    va_list words;
    int fd, n;

    if ((size_t)snprintf(path, sizeof(path), "%s/" TRAIL_UNREACHABLE, run_folder) >= sizeof(path))
        return;
    len = (size_t)snprintf(line, room, "%ld ", pid);
    va_start(words, format);
    n = vsnprintf(line + len, room - len, format, words);
    va_end(words);
    if (n < 0)
        return;
    len += (size_t)n < room - len ? (size_t)n : room - len - 1;
    line[len++] = '\n';
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (write(fd, line, len) < 0)
        len = 0; /* nobody is left to be told */
    close(fd);
}
