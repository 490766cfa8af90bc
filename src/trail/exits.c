/* exits.c - see exits.h. */
#include "base/base.h"

#include "base/clock.h"
#include "trail/exits.h"
#include "trail/file.h"

void trail_exits_note(const char *run_folder, long pid, const char *word, int number)
{
    char line[128];
    int len = snprintf(line, sizeof(line), "%ld %s %d %lld\n", pid, word, number,
                       (long long)clock_wall_ns());

    trail_file_append(run_folder, TRAIL_EXITS, line, (size_t)len, TRAIL_EXITS_MOST - sizeof(line));
}
