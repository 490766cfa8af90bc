/* unreachable.c - see unreachable.h. */
#include "base/base.h"

#include "trail/file.h"
#include "trail/unreachable.h"

#include <stdarg.h>

void trail_unreachable_note(const char *run_folder, long pid, const char *format, ...)
{
    char line[512];
    size_t len, room = sizeof(line) - 1; /* without the end of the line */
    va_list words;
    int n;

    len = (size_t)snprintf(line, room, "%ld ", pid);
    va_start(words, format);
    n = vsnprintf(line + len, room - len, format, words);
    va_end(words);
    if (n < 0)
        return;
    len += (size_t)n < room - len ? (size_t)n : room - len - 1;
    line[len++] = '\n';
    trail_file_append(run_folder, TRAIL_UNREACHABLE, line, len, TRAIL_UNREACHABLE_MOST);
}
