/* revision.c - see revision.h. */
#include "base/base.h"

#include "mcp/revision.h"

static const char *const NAMES[] = {
    [REVISION_NONE] = "",
    [REVISION_2024_11_05] = "2024-11-05",
    [REVISION_2025_03_26] = "2025-03-26",
    [REVISION_2025_06_18] = "2025-06-18",
    [REVISION_2025_11_25] = "2025-11-25",
    [REVISION_2026_07_28] = "2026-07-28",
};

const char *revision_name(enum revision revision)
{
    return NAMES[revision];
}

enum revision revision_find(const char *name)
{
    for (size_t i = REVISION_OLDEST; i < ARRAY_SIZE(NAMES); i++)
        if (strcmp(NAMES[i], name) == 0)
            return (enum revision)i;
    return REVISION_NONE;
}

const char *revision_list(void)
{
    return "[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\",\"2024-11-05\"]";
}
